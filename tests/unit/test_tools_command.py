"""Programs that run in a step."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.tools import command

pytestmark = pytest.mark.unit

# Counts its interruptions for a while after the first, then ends in its own time.
_PATIENT = """
import signal, time
count = 0
def interrupted(*_):
    global count
    count += 1
signal.signal(signal.SIGINT, interrupted)
print("ready", flush=True)
deadline = time.monotonic() + 20
while not count and time.monotonic() < deadline:
    time.sleep(0.01)
time.sleep(0.3)
print("interrupted", count)
"""


def test_the_output_is_returned_and_logged(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    output = command.run(["sh", "-c", "echo out; echo err >&2"], log)
    assert output == log.read_text() == "out\nerr\n"


def test_an_error_names_the_log_and_shows_its_end(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with pytest.raises(command.CommandFailed) as failed:
        command.run(["sh", "-c", "seq 100; exit 3"], log)
    text = str(failed.value)
    assert f"sh ended with status 3; the end of {log}:" in text
    assert text.endswith("    99\n    100")
    assert "    80\n" not in text


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, also where this was started in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_reaches_the_program_once_and_lets_it_end(tmp_path: Path) -> None:
    log = tmp_path / "a.log"

    def interrupt_when_ready() -> None:
        while "ready" not in (log.read_text() if log.exists() else ""):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_when_ready).start()
    with pytest.raises(KeyboardInterrupt):
        command.run([sys.executable, "-c", _PATIENT], log)
    assert log.read_text() == "ready\ninterrupted 1\n"


def test_a_program_keeps_the_files_open_that_it_inherits(tmp_path: Path) -> None:
    with (tmp_path / "held").open("w") as held:
        writer = f"import os; os.write({held.fileno()}, b'kept')"
        command.run([sys.executable, "-c", writer], tmp_path / "a.log", inherited=[held.fileno()])
    assert (tmp_path / "held").read_text() == "kept"
