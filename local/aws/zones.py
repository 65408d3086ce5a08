"""DNS data as the emulated Route 53 holds it, and the look-up in it that everybody shares."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_CHARACTER_STRING = 255
"""In bytes. A TXT record may have several (RFC 1035, 3.3)."""

# A quoted character string of a TXT record, and an escaped character in it.
_CHARACTER_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(\d{3}|.)")


@dataclass(frozen=True)
class RecordSet:
    """All records of one name and type."""

    name: str
    """The full name in lower case, without the trailing dot."""
    type: str
    """`CNAME`, `TXT` and so on."""
    ttl: int
    """Time to live, in seconds."""
    values: tuple[str, ...]
    """In the notation of a zone file: a TXT in quotes."""


@dataclass(frozen=True)
class Zone:
    """One hosted zone."""

    name: str
    """In lower case, without the trailing dot."""
    record_sets: tuple[RecordSet, ...]

    def holds(self, name: str) -> bool:
        """Whether `name` is the zone's own name or below it."""
        return name == self.name or name.endswith(f".{self.name}")


def canonical_name(name: str) -> str:
    """Return a DNS name as zones hold it; Route 53 writes an asterisk as `\\052`."""
    return name.rstrip(".").lower().replace("\\052", "*")


def zone_of(zones: Iterable[Zone], name: str) -> Zone | None:
    """Return the zone that answers for `name`: of those that hold it, the one with the longest name."""
    return max((zone for zone in zones if zone.holds(name)), key=lambda zone: len(zone.name), default=None)


def record_sets_at(zones: Iterable[Zone], name: str) -> list[RecordSet]:
    """Return every record set of `name`. Wildcards are not expanded."""
    zone = zone_of(zones, name)
    return [record_set for record_set in zone.record_sets if record_set.name == name] if zone else []


def values_of(zones: Iterable[Zone], name: str, type_: str) -> tuple[str, ...]:
    """Return the values of the record set `name` `type_`, none when it does not exist."""
    for record_set in record_sets_at(zones, canonical_name(name)):
        if record_set.type == type_:
            return record_set.values
    return ()


def text_of(value: str) -> str:
    """Return what a TXT value says: its character strings without quotes and escapes, joined."""
    return "".join(texts_of(value))


def texts_of(value: str) -> list[str]:
    """Return the character strings of a TXT value without escapes, each octet as a character."""
    return [_ESCAPE.sub(_unescaped, string) for string in character_strings(value)]


def quoted(text: str) -> str:
    """Return `text` as a TXT value, in as many character strings as it takes."""
    starts = range(0, len(text), LONGEST_CHARACTER_STRING)
    return " ".join(f'"{text[start : start + LONGEST_CHARACTER_STRING]}"' for start in starts)


def character_strings(value: str) -> list[str]:
    """Return the character strings of a TXT value, with their escapes."""
    return _CHARACTER_STRING.findall(value)


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    # Route 53 writes codes in octal.
    return chr(int(code, 8)) if len(code) == 3 else code
