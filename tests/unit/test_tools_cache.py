"""Tools that are made once."""

import threading
from pathlib import Path

import pytest

from local.tools import cache

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_cache_lies_where_the_environment_says(tmp_path: Path) -> None:
    assert cache.directory() == tmp_path / "pulumi-opensmtpd"


def test_a_tool_is_made_once() -> None:
    calls = []
    for _ in range(2):
        made = cache.kept("tool-1", lambda target: calls.append((target / "file").write_text("made")))
    assert ((made / "file").read_text(), len(calls)) == ("made", 1)


def test_what_could_not_be_made_leaves_nothing_behind_and_is_made_anew() -> None:
    def fail(target: Path) -> None:
        (target / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        cache.kept("tool-1", fail)
    assert [path.name for path in cache.directory().iterdir() if path.is_dir()] == []
    assert list(cache.kept("tool-1", lambda target: None).iterdir()) == []


def test_of_two_runs_one_makes_the_tool_and_the_other_waits() -> None:
    calls: list[Path] = []
    begun, may_end = threading.Event(), threading.Event()

    def slow(target: Path) -> None:
        calls.append(target)
        begun.set()
        may_end.wait(10)

    runs = [threading.Thread(target=cache.kept, args=("tool-1", slow)) for _ in range(2)]
    runs[0].start()
    begun.wait(10)
    runs[1].start()
    runs[1].join(0.2)
    assert runs[1].is_alive()
    may_end.set()
    for run in runs:
        run.join(10)
    assert len(calls) == 1
