"""Durations as Go writes them: the daemon counts nanoseconds, the provider compares the text."""

import re
from fractions import Fraction

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


def nanoseconds(text: str) -> int:
    """The length of a duration such as `1m30s`. Raises ValueError when it is none, or negative."""
    if text == "0":
        return 0
    if not re.fullmatch(rf"(?:{_PART.pattern})+", text):
        raise ValueError(f"'{text}' is not a valid duration")
    return int(sum(Fraction(number) * _NANOSECONDS[unit] for number, unit in _PART.findall(text)))


def duration_problem(text: str) -> str | None:
    """Why the text is refused, or None."""
    try:
        nanoseconds(text)
    except ValueError as error:
        return str(error)
    return None


def duration(length: int) -> str:
    """Nanoseconds in Go's canonical form (https://pkg.go.dev/time#Duration.String): 60s are `1m0s`."""
    if length < _NANOSECONDS["s"]:
        unit = next((unit for unit in ("ms", "µs", "ns") if length >= _NANOSECONDS[unit]), "s")
        return _decimal(length, unit)
    minutes, rest = divmod(length, _NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{_decimal(rest, 's')}"
    return f"{minutes}m{_decimal(rest, 's')}" if minutes else _decimal(rest, "s")


def _decimal(length: int, unit: str) -> str:
    whole, rest = divmod(length, _NANOSECONDS[unit])
    fraction = f".{rest:0{len(str(_NANOSECONDS[unit])) - 1}d}".rstrip("0").rstrip(".") if rest else ""
    return f"{whole}{fraction}{unit}"
