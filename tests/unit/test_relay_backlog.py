"""How much waits in the queue, and for how long."""

import os
from pathlib import Path

import pytest

from components.image.relay.backlog import Backlog, count

pytestmark = pytest.mark.unit

NOW = 1_800_000_000.0


def queue(path: Path, *messages: tuple[str, float]) -> str:
    """A queue as OpenSMTPD keeps it: messages by id and age in seconds."""
    for name, age in messages:
        directory = path / name[:2] / name
        directory.mkdir(parents=True)
        (directory / "message").touch()
        os.utime(directory / "message", (NOW, NOW - age))
        (directory / f"{name}00000001").touch()
    return str(path)


def test_an_empty_queue_has_no_age(tmp_path):
    assert count(queue(tmp_path), NOW) == Backlog(0, 0)


def test_messages_are_counted_and_the_oldest_gives_the_age(tmp_path):
    path = queue(tmp_path, ("0a000001", 5), ("0a000002", 60), ("ff000001", 1))
    assert count(path, NOW) == Backlog(3, 60)


def test_a_message_that_was_delivered_meanwhile_does_not_count(tmp_path):
    path = queue(tmp_path, ("0a000001", 5), ("0a000002", 60))
    (tmp_path / "0a" / "0a000002" / "message").unlink()
    assert count(path, NOW) == Backlog(1, 5)


def test_a_clock_that_was_set_back_gives_no_age_below_zero(tmp_path):
    assert count(queue(tmp_path, ("0a000001", -60)), NOW) == Backlog(1, 0)


def test_a_queue_that_opensmtpd_has_not_made_yet_is_empty(tmp_path):
    assert count(str(tmp_path / "queue"), NOW) == Backlog(0, 0)
