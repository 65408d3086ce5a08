"""OpenSMTPD's filter process: `python3 -I -m relay.filter` rewrites messages and recipients while they come in.

OpenSMTPD starts it, as its own user and through /bin/sh, for a line `filter "f_rewrite" proc-exec "..."`, and ends
itself when this ends. The protocol is that of smtpd-filters(7), version 0.7.
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable

from .message import Message

SETTINGS_FILE = "/run/relay/filter.json"
"""JSON object with the two strings `from_header` and `redirect_recipients`, empty where not asked for."""

# OpenSMTPD and the filter that signs read 65536 octets at most, with what the protocol puts before a message's line. A
# longer one ends them. SMTP allows 998: https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
_LONGEST_LINE = 65000

_REPORTS = (b"tx-begin", b"link-disconnect")

_TOO_LONG = b"reject|550 5.6.0 Line too long"
_BROKEN = b"reject|451 4.3.0 Message cannot be rewritten now"


class Filter:
    """What each request of OpenSMTPD is answered with. Sessions are told apart by their ids.

    `from_header` is an address or `@domain` for the From header, `redirect_recipients` the mailbox that every
    recipient becomes; empty: neither. Several recipients of one message are one message to that mailbox, in one
    transaction that names it as often.
    """

    def __init__(self, from_header: str = "", redirect_recipients: str = ""):
        self._mailbox = redirect_recipients.encode()
        self._transactions: defaultdict[bytes, _Transaction] = defaultdict(
            lambda: _Transaction(from_header.encode())
        )
        self._handlers: dict[bytes, Callable[..., list[bytes]]] = {
            b"tx-begin": self._forget,
            b"link-disconnect": self._forget,
            b"data-line": self._line,
            b"commit": self._commit,
        }
        if self._mailbox:
            self._handlers[b"rcpt-to"] = self._recipient

    def registration(self) -> bytes:
        """What it wants to be asked and told, as OpenSMTPD expects it behind its own configuration."""
        hooks = [
            b"register|%b|smtp-in|%b\n" % (b"report" if event in _REPORTS else b"filter", event)
            for event in self._handlers
        ]
        return b"".join(hooks) + b"register|ready\n"

    def answers(self, requests: Iterable[bytes]) -> bytes:
        """The answers to `requests`, whole lines without their ends."""
        answers: list[bytes] = []
        for request in requests:
            _, _, _, _, event, session, *rest = request.split(b"|", 7)
            answers += self._handlers[event](session, *rest)
        return b"".join(answers)

    def _forget(self, session: bytes, *_: bytes) -> list[bytes]:
        self._transactions.pop(session, None)
        return []

    def _recipient(self, session: bytes, token: bytes, address: bytes) -> list[bytes]:
        self._transactions[session].recipients[address] = None
        return [b"filter-result|%b|%b|rewrite|<%b>\n" % (session, token, self._mailbox)]

    def _line(self, session: bytes, token: bytes, line: bytes) -> list[bytes]:
        transaction = self._transactions[session]
        if len(line) > _LONGEST_LINE:
            transaction.refusal = _TOO_LONG
            return []
        return [
            b"filter-dataline|%b|%b|%b\n" % (session, token, passed) for passed in transaction.passed(line)
        ]

    def _commit(self, session: bytes, token: bytes, *_: bytes) -> list[bytes]:
        decision = self._transactions[session].refusal or b"proceed"
        return [b"filter-result|%b|%b|%b\n" % (session, token, decision)]


class _Transaction:
    def __init__(self, sender: bytes):
        self.recipients: dict[bytes, None] = {}  # in their order, each once
        self.refusal = b""
        self._message = Message(sender, self.recipients)

    def passed(self, line: bytes) -> list[bytes]:
        try:
            return self._message.feed(line)
        except Exception as error:  # the end of this process would be the end of the relay
            print(
                f"{type(error).__name__} while a message was rewritten: {error}", file=sys.stderr, flush=True
            )
            self.refusal = _BROKEN
            return [line]


def main() -> None:
    """Answer OpenSMTPD on standard output until it closes standard input."""
    with open(SETTINGS_FILE, encoding="utf-8") as file:
        relay_filter = Filter(**json.load(file))
    configured = False
    rest = b""
    # Not sys.stdin: it would wait for a whole buffer, where every line that has come wants its answer.
    while chunk := os.read(0, 1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        if not configured and b"config|ready" in lines:
            configured = True
            del lines[: lines.index(b"config|ready") + 1]
            _write(relay_filter.registration())
        if configured and lines:
            _write(relay_filter.answers(lines))


def _write(answers: bytes) -> None:
    view = memoryview(answers)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
