"""A message on its way through the filter: its first header block is rewritten, the rest passes as it is."""

from collections.abc import Iterable

from .from_header import can_be_answered, rewritten

# OpenSMTPD refuses a message whose From is longer than this (bufmax in its rfc5322.c), so that it may pass as it is.
_LONGEST_FIELD = 65536


class Message:
    """Rewrites one message, line by line, as SMTP sends it: without line ends, dots escaped, `.` behind the last.

    `sender` goes into the From header, an address or `@domain`; empty leaves it alone. With an address, a message
    without a From header gets one, and where the author could be answered and no Reply-To says otherwise, the old
    From becomes the Reply-To: the answer would otherwise go to a mailbox that nobody may read. With `@domain` there
    is none: the local part is the same person's, under the name that the world knows.

    `recipients`, the ones that were asked for, go into `X-Original-To`, one header each.
    """

    def __init__(self, sender: bytes, recipients: Iterable[bytes] = ()):
        self._sender = sender
        self._recipients = recipients
        self._in_header = True
        self._field: list[bytes] = []  # the lines of a From header, until it is complete
        self._size = 0
        self._has_from = not sender
        self._answer_to: bytes | None = None
        self._has_reply_to = False

    def feed(self, line: bytes) -> list[bytes]:
        """The lines to pass on, now that `line` has come."""
        if not self._in_header:
            return [line]
        if self._field and line.startswith((b" ", b"\t")):
            self._field.append(line)
            self._size += len(line)
            return self._given_up() if self._size > _LONGEST_FIELD else []
        passed = self._rewritten_field()
        if line in (b"", b"."):
            self._in_header = False
            return [*passed, *self._additions(), line]
        name = line.partition(b":")[0].rstrip(b" \t").lower()
        if name == b"from" and self._sender:
            self._field, self._size = [line], len(line)
            return passed
        self._has_reply_to |= name == b"reply-to"
        return [*passed, line]

    def _given_up(self) -> list[bytes]:
        lines, self._field = self._field, []
        return lines

    def _rewritten_field(self) -> list[bytes]:
        if not self._field:
            return []
        name, colon, value = b"\n".join(self._given_up()).partition(b":")
        new = rewritten(value, self._sender)
        if not self._has_from and new != value and can_be_answered(value):
            self._answer_to = value
        self._has_from = True
        return (name + colon + new).split(b"\n")

    def _additions(self) -> list[bytes]:
        lines = [b"X-Original-To: " + recipient for recipient in self._recipients]
        if not self._sender.startswith(b"@"):
            if not self._has_from:
                lines.append(b"From: " + self._sender)
            if self._answer_to is not None and not self._has_reply_to:
                lines += (b"Reply-To:" + self._answer_to).split(b"\n")
        return lines
