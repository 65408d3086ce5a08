"""One DNS question passed on to several name servers. Messages have the form of RFC 1035, section 4."""

import os
import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5

MAX_OCTETS = 4096
"""The longest answer that OpenSMTPD's resolver takes over UDP (MAXPACKETSZ in libasr's asr_private.h)."""

_HEADER_OCTETS = 12
# In the third octet; of a query its kind and "recursion desired" are repeated in the reply.
_RESPONSE, _REPEATED, _TRUNCATED = 0x80, 0x79, 0x02
# In the fourth, beside the result.
_RECURSION_AVAILABLE = 0x80

# OpenSMTPD's resolver asks again after 5 s.
_SECONDS = 5
# When the next name server is asked as well.
_PATIENCE_SECONDS = 1.5
_TCP_SECONDS = 2


def question_of(message: bytes) -> bytes:
    """The name, type and class that `message` asks for; empty when it does not hold exactly one question."""
    end = _HEADER_OCTETS
    while message[end : end + 1] > b"\0":
        if message[end] > 63:  # no length, but a pointer, which no question needs
            return b""
        end += 1 + message[end]
    end += 5
    return message[_HEADER_OCTETS:end] if message[4:6] == b"\0\1" and end <= len(message) else b""


def reply_without_answer(query: bytes, result: int, truncated: bool = False) -> bytes:
    """A reply to `query` that holds the result alone."""
    flags = bytes([_RESPONSE | query[2] & _REPEATED | truncated * _TRUNCATED, _RECURSION_AVAILABLE | result])
    return query[:2] + flags + b"\0\1" + bytes(6) + question_of(query)


def look_up(query: bytes, nameservers: Sequence[str], port: int) -> bytes:
    """The reply of the first of `nameservers` (addresses) that has one, else one that names the failure; within 5 s.

    They are asked in turn, twice: the next when one fails or is slow. A slow one's reply still counts.
    """
    lookup = _Lookup(query, port)
    end = time.monotonic() + _SECONDS
    try:
        for nameserver in [*nameservers, *nameservers]:
            lookup.ask(nameserver)
            if reply := lookup.wait(min(end, time.monotonic() + _PATIENCE_SECONDS)):
                return reply
        while lookup.asked and time.monotonic() < end:
            if reply := lookup.wait(end):
                return reply
        return lookup.failure
    finally:
        lookup.close()


class _Lookup:
    def __init__(self, query: bytes, port: int):
        self._query, self._port = query, port
        self.failure = reply_without_answer(query, SERVFAIL)
        """The last reply that was no answer."""
        self.asked: dict[socket.socket, tuple[bytes, str]] = {}
        """By the socket where a reply may come: the message that went out, and to whom."""

    def close(self) -> None:
        for connection in self.asked:
            connection.close()

    def ask(self, nameserver: str) -> None:
        # A socket and an id of its own for each: a forger has to guess both.
        message = os.urandom(2) + self._query[2:]
        with suppress(OSError):
            connection = _connect(nameserver, self._port, socket.SOCK_DGRAM)
            self.asked[connection] = (message, nameserver)
            connection.send(message)

    def wait(self, end: float) -> bytes | None:
        """The reply; None when `end` has come, or when one that was asked has failed."""
        while ready := select.select(list(self.asked), [], [], max(0, end - time.monotonic()))[0]:
            message, nameserver = self.asked[ready[0]]
            try:
                reply = ready[0].recv(65535)
                if _replies(reply, message) and reply[2] & _TRUNCATED:
                    reply = _over_tcp(message, nameserver, self._port)
            except OSError:  # such as: nobody listens there
                reply = None
            if reply is not None and not _replies(reply, message):
                continue
            del self.asked[ready[0]]
            ready[0].close()
            if reply is None:
                return None
            reply = self._query[:2] + reply[2:]
            if reply[3] & 0x0F in (SERVFAIL, REFUSED):
                self.failure = reply
                return None
            return reply if len(reply) <= MAX_OCTETS else reply_without_answer(self._query, 0, truncated=True)
        return None


def _replies(message: bytes, query: bytes) -> bool:
    return (
        len(message) > _HEADER_OCTETS
        and message[:2] == query[:2]
        and message[2] & _RESPONSE != 0
        and question_of(message).lower() == question_of(query).lower()
    )


def _connect(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    # An IPv6 address may have a zone behind it.
    family, _, _, _, target = socket.getaddrinfo(address, port, type=kind, flags=socket.AI_NUMERICHOST)[0]
    connection = socket.socket(family, kind)
    try:
        connection.settimeout(_TCP_SECONDS)
        connection.connect(target)
    except BaseException:
        connection.close()
        raise
    return connection


def _over_tcp(message: bytes, address: str, port: int) -> bytes:
    with _connect(address, port, socket.SOCK_STREAM) as connection, connection.makefile("rb") as replies:
        connection.sendall(len(message).to_bytes(2) + message)
        return replies.read(int.from_bytes(replies.read(2)))
