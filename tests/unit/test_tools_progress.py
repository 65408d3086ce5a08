"""What a run shows of itself."""

import io
import time

import pytest

from local.tools import progress as progress_module
from local.tools.progress import Progress, duration

pytestmark = pytest.mark.unit


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (245, "4 min 05 s"),
    ],
)
def test_a_duration_reads_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_step_ends_with_its_result_and_its_time() -> None:
    stream, times = io.StringIO(), iter([0.0, 2.0])
    with Progress(stream, lambda: next(times)).step("Engine") as step:
        step.result = "running"
    assert stream.getvalue() == "Engine: running (2.0 s)\n"


@pytest.mark.parametrize(("error", "result"), [(OSError, "failed"), (KeyboardInterrupt, "interrupted")])
def test_a_step_says_how_it_broke_off(error: type[BaseException], result: str) -> None:
    stream = io.StringIO()
    with pytest.raises(error), Progress(stream).step("Engine"):
        raise error
    assert stream.getvalue().startswith(f"Engine: {result} (")


def test_a_long_step_says_now_and_then_that_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "_LINE_SECONDS", 0.02)
    stream = io.StringIO()
    with Progress(stream).step("Build"):
        time.sleep(0.2)
    lines = stream.getvalue().splitlines()
    assert len(lines) >= 3
    assert lines[0] == "Build ... 0.0 s so far"


def test_a_terminal_shows_one_line_per_step_that_is_redrawn() -> None:
    stream = _Terminal()
    progress = Progress(stream)
    with progress.step("Build"):
        progress.note("from source")
    shown = [line.rpartition("\x1b[K")[2] for line in stream.getvalue().split("\n")]
    assert shown == ["from source", "Build: done (0.0 s)", ""]


def test_the_table_adds_up() -> None:
    times = iter([0.0, 1.0, 1.0, 3.5])
    progress = Progress(io.StringIO(), lambda: next(times))
    for title in ("Engine", "pulumi up"):
        with progress.step(title):
            pass
    assert progress.table().splitlines() == [
        "Engine         1.0 s",
        "pulumi up      2.5 s",
        "total          3.5 s",
    ]
