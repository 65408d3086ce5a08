"""Durations of the stand-in Docker provider: the text that Go writes for a length of time."""

import pytest

from local.plugins.docker.durations import duration, duration_problem, nanoseconds

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "read_back"),
    [
        ("5s", "5s"),
        ("1m0s", "1m0s"),
        ("60s", "1m0s"),
        ("90s", "1m30s"),
        ("1h", "1h0m0s"),
        ("1.5h", "1h30m0s"),
        ("100h", "100h0m0s"),
        ("500ms", "500ms"),
        ("1500ms", "1.5s"),
        ("1050ms", "1.05s"),
        ("250us", "250µs"),
        ("1ns", "1ns"),
        ("0", "0s"),
        ("0s", "0s"),
    ],
)
def test_a_duration_is_read_back_in_canonical_form(written: str, read_back: str) -> None:
    assert duration(nanoseconds(written)) == read_back


@pytest.mark.parametrize("text", ["", "banana", "5", "5 s", "-5s", "1h banana", "5sec"])
def test_a_text_that_is_no_duration_is_refused(text: str) -> None:
    assert duration_problem(text) == f"'{text}' is not a valid duration"
