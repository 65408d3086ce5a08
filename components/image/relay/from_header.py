"""The From header, rewritten. Pure functions on octets: a header may hold any.

A value is what stands behind the name and its colon, with its folding. Only the address in it is touched: display
names, comments, encoded words and white space stay as they are (https://www.rfc-editor.org/rfc/rfc5322#section-3.4).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A quoted string, a domain literal, white space, or a run of octets without a meaning of their own.
_UNIT = re.compile(
    rb'"(?:\\.|[^"\\])*"?|\[(?:\\.|[^\]\\])*\]?|[ \t\r\n]+|(?:\\.|[^ \t\r\n()<>,:;@"\[])+', re.DOTALL
)


@dataclass(frozen=True)
class _Mailbox:
    """Where a mailbox stands in the value, and in that its address; all as positions."""

    start: int
    end: int
    address_start: int
    address_end: int
    domain_start: int | None
    """None: the address is a local part only."""


def rewritten(value: bytes, sender: bytes) -> bytes:
    """`value` with `sender` in it, an address or `@domain`.

    An address replaces the first mailbox's and keeps its display name; further mailboxes are dropped, as they would
    have the same address. `@domain` replaces the domain of each; a value without an address stays as it is.
    """
    mailboxes = _mailboxes(value)
    if sender.startswith(b"@"):
        for mailbox in reversed(mailboxes):
            if mailbox.domain_start:
                value = value[: mailbox.domain_start] + sender[1:] + value[mailbox.address_end :]
            elif mailbox.address_start < mailbox.address_end:
                value = value[: mailbox.address_end] + sender + value[mailbox.address_end :]
        return value
    if not mailboxes:
        return b" " + sender
    first = mailboxes[0]
    return value[first.start : first.address_start] + sender + value[first.address_end : first.end]


def can_be_answered(value: bytes) -> bool:
    """Whether every mailbox in `value` has an address that is good anywhere: one with a domain of several labels."""
    mailboxes = _mailboxes(value)
    return bool(mailboxes) and all(
        mailbox.domain_start is not None and b"." in value[mailbox.domain_start : mailbox.address_end]
        for mailbox in mailboxes
    )


def _mailboxes(value: bytes) -> list[_Mailbox]:
    found = []
    start = 0
    words: list[tuple[int, int]] = []  # of what may be the address: `joe`, `@`, `example.com`
    angle = -1  # behind the `<`; -1 outside of one and before it
    closed = False  # behind the `>`, where nothing belongs to the address any more

    def finish(end: int) -> None:
        if words or angle >= 0:
            first, last = (words[0][0], words[-1][1]) if words else (angle, angle)
            at = [word_end for word_start, word_end in words if value[word_start:word_end] == b"@"]
            found.append(_Mailbox(start, end, first, last, at[-1] if at else None))

    for position, unit in _units(value):
        if unit == b"<" and angle < 0:
            angle, words = position + 1, []
        elif unit == b">" and angle >= 0:
            closed = True
        elif unit == b":" and not closed:
            # Before it stands the name of a group, or inside of <> a route: neither is of use.
            start, words = (start if angle >= 0 else position + 1), []
        elif unit in (b",", b";") and (angle < 0 or closed):
            finish(position)
            start, words, angle, closed = position + 1, [], -1, False
        elif not unit.isspace() and not closed:
            words.append((position, position + len(unit)))
    finish(len(value))
    return found


def _units(value: bytes) -> Iterator[tuple[int, bytes]]:
    """The smallest parts of `value` that have a meaning, each with its position. Comments, which nest, are left out."""
    position = depth = 0
    while position < len(value):
        octet = value[position : position + 1]
        if octet == b"(" or (depth and octet in (b")", b"\\")):
            depth += {b"(": 1, b")": -1}.get(octet, 0)
            position += 2 if octet == b"\\" else 1
        elif depth:
            position += 1
        else:
            unit = found[0] if (found := _UNIT.match(value, position)) else octet
            yield position, unit
            position += len(unit)
