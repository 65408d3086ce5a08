"""Who holds a lock is told by the number that its process has written."""

import fcntl
from pathlib import Path

import pytest

from local.lock import holder

pytestmark = pytest.mark.unit


def test_a_lock_that_nobody_holds_has_no_holder_whatever_is_in_it(tmp_path: Path):
    path = tmp_path / "lock"
    assert holder(path) is None
    path.write_text("4711")
    assert holder(path) is None


def test_the_holder_is_the_process_that_wrote_its_number(tmp_path: Path):
    path = tmp_path / "lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        assert holder(path) == 4711


def test_a_process_that_has_not_written_its_number_yet_is_no_holder(tmp_path: Path):
    path = tmp_path / "lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert holder(path) is None
