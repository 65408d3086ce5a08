"""The container's log: OpenSMTPD's lines and the relay's own, as plain text or as JSON."""

import os
import re
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import fields
from typing import get_args

from . import events, masking
from .events import (
    Connected,
    Delivery,
    Disconnected,
    Event,
    Expired,
    Login,
    NoRoute,
    Refused,
    Removed,
    RouteDisabled,
    UpstreamError,
)

PLAIN, JSON = "plain", "json"
FULL, MASKED = "full", "masked"


def event_name(kind: type[Event]) -> str:
    """What JSON calls events of this `kind`: an UpstreamError is `upstream_error`."""
    return re.sub("(?<!^)([A-Z])", r"_\1", kind.__name__).lower()


class Journal:
    """Writes the log to standard error, a line at a time.

    `log_format` is PLAIN (OpenSMTPD's lines, without a time: the container engine has one for each) or JSON.
    `log_addresses` is FULL or MASKED (without local parts). In all of them, what a terminal would act on is in escapes.

    Sessions from `own_addresses` that connect, quit and do nothing else are left out: they are health checks of the
    container itself. A line that cannot be written is dropped. Safe for use by several threads.
    """

    def __init__(
        self,
        log_format: str = PLAIN,
        log_addresses: str = FULL,
        own_addresses: Collection[str] = (),
        output: Callable[[bytes], object] | None = None,
        clock: Callable[[], float] = time.time,
    ):
        self._masked = log_addresses == MASKED
        self._format = _Json(self._masked, clock) if log_format == JSON else _Plain(self._masked)
        self._own_addresses = frozenset(own_addresses)
        self._output = output or _to_standard_error
        self._lock = threading.Lock()
        self._held: dict[str, bytes] = {}

    def write(self, line: bytes, event: Event | None) -> None:
        """Write a `line` of OpenSMTPD's log, which tells `event`."""
        shown = _encoded(self._format.line(line, event))
        session = getattr(event, "session", "")
        with self._lock:
            held = self._held.pop(session, b"")
            if isinstance(event, Connected) and event.address in self._own_addresses:
                self._held[session] = shown
            elif not (held and isinstance(event, Disconnected) and event.reason == "quit"):
                self._put(held + shown)

    def say(self, level: str, text: str, **extra: object) -> None:
        """Write a line of the relay's own. `level` is `info`, `warning` or `error`; `extra` keys are for JSON only."""
        shown = _encoded(self._format.own(level, text, extra))
        with self._lock:
            self._put(shown)

    def shown(self, text: str) -> str:
        """`text` for readers of the log who find it elsewhere: without local parts, if the log has none."""
        return masking.mask(text) if self._masked else text

    def close(self) -> None:
        """Write what was held back until the rest of its session would tell what it is."""
        with self._lock:
            self._put(b"".join(self._held.values()))
            self._held.clear()

    def _put(self, data: bytes) -> None:
        # Nobody reads the log any more: that must not stop the mail.
        with suppress(OSError):
            self._output(data)


class _Plain:
    def __init__(self, masked: bool):
        self._masked = masked

    def line(self, line: bytes, event: Event | None) -> str:
        shown = events.text(line)
        return masking.mask_line(shown, event) if self._masked else shown

    def own(self, level: str, text: str, _extra: dict[str, object]) -> str:
        shown = f"relay: {text}" if level == "info" else f"relay: {level}: {text}"
        shown = events.text(shown.encode("utf-8", "surrogateescape"))
        return masking.mask(shown) if self._masked else shown


class _Json:
    def __init__(self, masked: bool, clock: Callable[[], float]):
        from json import JSONEncoder  # plain text has no use for it

        self._encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
        self._masked = masked
        self._clock = clock
        self._second = -1
        self._second_text = ""

    def line(self, line: bytes, event: Event | None) -> str:
        if event is None:
            text = events.text(line)
            return self._object(_level_of_text(text), "log", {"message": self._mask(text)})
        level = _level(event)
        if self._masked:
            event = masking.mask_event(event)
        kind, names = _SHAPES[type(event)]
        values = {name: getattr(event, name) for name in names}
        if "result" in values:
            values["result"] = values["result"].lower()
        return self._object(level, kind, values)

    def own(self, level: str, text: str, extra: dict[str, object]) -> str:
        values = {"message": text} | extra
        return self._object(level, "relay", {name: self._mask(value) for name, value in values.items()})

    def _object(self, level: str, kind: str, values: dict[str, object]) -> str:
        return self._encode({"time": self._time(), "level": level, "event": kind} | values)

    def _mask(self, value: object) -> object:
        return masking.mask(value) if self._masked and isinstance(value, str) else value

    def _time(self) -> str:
        # RFC 3339. The text of a second is made once.
        now = self._clock()
        if (second := int(now)) != self._second:
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._second_text}.{int(now % 1 * 1000):03}Z"


_SHAPES = {kind: (event_name(kind), tuple(field.name for field in fields(kind))) for kind in get_args(Event)}

_WARNINGS = (Refused, UpstreamError, NoRoute, RouteDisabled, Removed)
_LEVELS_OF_RESULTS = {"Ok": "info", "TempFail": "warning", "PermFail": "error"}

# How OpenSMTPD says why a process of it ends (vfatalc in its log.c, proc_name in its smtpd.c).
_FATAL = re.compile("(?:smtpd|parent|lka|queue|control|scheduler|dispatcher|ca): ")


def _level(event: Event) -> str:
    match event:
        case Delivery(result=result):
            return _LEVELS_OF_RESULTS[result]
        case Login(result=result):
            return "info" if result == "ok" else "warning"
        case Expired():
            return "error"
    return "warning" if isinstance(event, _WARNINGS) else "info"


def _level_of_text(text: str) -> str:
    if text.startswith("warn: "):
        return "warning"
    return "error" if _FATAL.match(text) else "info"


def _encoded(line: str) -> bytes:
    return f"{line}\n".encode("utf-8", "backslashreplace")


def _to_standard_error(data: bytes) -> None:
    while data:
        data = data[os.write(2, data) :]
