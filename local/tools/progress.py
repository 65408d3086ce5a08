"""What runs and for how long, while it runs and afterwards."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

_TERMINAL_SECONDS = 0.5
# Elsewhere each line stays: in the log of a CI job, say.
_LINE_SECONDS = 15.0


class Step:
    """One step of a run."""

    def __init__(self, title: str, started: float):
        self.title = title
        self.result = ""
        """What the step found or did, in a few words. Shown when it is over."""
        self.started = started
        self.seconds = 0.0


class Progress:
    """Shows the steps of a run on `stream`, one line each, and keeps how long each took."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic):
        self._stream = stream or sys.stderr
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._lock = threading.Lock()
        self._running: Step | None = None
        self.steps: list[Step] = []
        """The steps that are over."""

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show `title` and the time it takes until the block ends; set `result` on the step to say what came of it."""
        step = self._running = Step(title, self._clock())
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(step, over), daemon=True)
        ticker.start()
        try:
            yield step
        except BaseException as error:
            step.result = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            raise
        finally:
            over.set()
            ticker.join()
            self._running = None
            step.seconds = self._clock() - step.started
            self.steps.append(step)
            self.note(finished(step))

    def note(self, line: str) -> None:
        """Show one line that stays."""
        with self._lock:
            self._stream.write(f"{self._erase()}{line}\n")
            self._stream.flush()

    def table(self) -> str:
        """The steps and their seconds, with a sum."""
        rows = [(step.title, step.seconds) for step in self.steps]
        rows.append(("total", sum(seconds for _, seconds in rows)))
        width = max(len(title) for title, _ in rows)
        return "\n".join(f"{title:<{width}}  {seconds:7.1f} s" for title, seconds in rows)

    def _tick(self, step: Step, over: threading.Event) -> None:
        if self._terminal:
            self._redraw(step)
        while not over.wait(_TERMINAL_SECONDS if self._terminal else _LINE_SECONDS):
            if self._terminal:
                self._redraw(step)
            else:
                self.note(f"{step.title} ... {duration(self._clock() - step.started)} so far")

    def _redraw(self, step: Step) -> None:
        with self._lock:
            self._stream.write(f"{self._erase()}{step.title} ... {duration(self._clock() - step.started)}")
            self._stream.flush()

    def _erase(self) -> str:
        return "\r\x1b[K" if self._terminal else ""


def finished(step: Step) -> str:
    """The line of a step that is over."""
    return f"{step.title}: {step.result or 'done'} ({duration(step.seconds)})"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `4 min 05 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
