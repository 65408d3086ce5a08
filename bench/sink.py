"""The upstream of every relay that is measured: takes mail as fast as it comes, and counts what arrived."""

import asyncio
import multiprocessing
import ssl
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Self

_END_OF_DATA = b"\r\n.\r\n"


class Sink:
    """An SMTP server on a free port of `address`, in a process of its own. `with sink:` it runs.

    With a TLS `context` it demands STARTTLS and then a login, which may be any. It tells messages by their
    recipients, so every message must have its own.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext] | None = None, address: str = "127.0.0.1"):
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_main, args=(theirs, context, address), daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._process.start()
        self.port = self._ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def arrivals(self, label: str) -> list[float]:
        """When the first message for each recipient that begins with `label` arrived, by `time.monotonic()`; sorted."""
        return sorted(moments[0] for moments in self._moments(label).values())

    def deliveries(self, label: str) -> dict[str, int]:
        """How often a message arrived for each recipient that begins with `label`."""
        return {recipient.decode(): len(moments) for recipient, moments in self._moments(label).items()}

    def _moments(self, label: str) -> dict[bytes, list[float]]:
        self._ours.send(label)
        return self._ours.recv()


def _main(parent: Connection, context: Callable[[], ssl.SSLContext] | None, address: str) -> None:
    asyncio.run(_serve(parent, context and context(), address))


async def _serve(parent: Connection, context: ssl.SSLContext | None, address: str) -> None:
    arrived: dict[bytes, list[float]] = {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Session(arrived, context), address, 0, backlog=1000)
    parent.send(server.sockets[0].getsockname()[1])

    def answer() -> None:
        label = parent.recv().encode()
        parent.send(
            {recipient: moments for recipient, moments in arrived.items() if recipient.startswith(label)}
        )

    loop.add_reader(parent.fileno(), answer)
    await server.serve_forever()


class _Session(asyncio.Protocol):
    def __init__(self, arrived: dict[bytes, list[float]], context: ssl.SSLContext | None):
        self._arrived = arrived
        self._context = context
        self._received = bytearray()
        self._in_data = self._is_encrypted = self._is_changing = False
        self._recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reply("220 sink ESMTP")

    def data_received(self, data: bytes) -> None:
        searched = len(self._received)
        self._received += data
        self._take(searched)

    def _take(self, searched: int = 0) -> None:
        """Do what is complete; the first `searched` octets are known to hold no end."""
        while not self._is_changing:
            end_mark = _END_OF_DATA if self._in_data else b"\r\n"
            end = self._received.find(end_mark, max(0, searched - len(end_mark)))
            if end < 0:
                return
            taken = bytes(self._received[:end])
            del self._received[: end + len(end_mark)]
            searched = 0
            if self._in_data:
                self._in_data = False
                for recipient in self._recipients:
                    self._arrived.setdefault(recipient, []).append(time.monotonic())
                self._reply("250 2.0.0 Ok")
            else:
                self._command(taken)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            offers = [] if self._context is None else ["AUTH PLAIN" if self._is_encrypted else "STARTTLS"]
            self._reply("250-sink", *(f"250-{offer}" for offer in offers), "250 8BITMIME")
        elif verb == b"MAIL":
            self._recipients = []
            self._reply("250 2.1.0 Ok")
        elif verb == b"RCPT":
            self._recipients.append(line.partition(b"<")[2].partition(b">")[0])
            self._reply("250 2.1.5 Ok")
        elif verb == b"DATA":
            self._in_data = True
            # So that a message without a body ends like any other.
            self._received[:0] = b"\r\n"
            self._reply("354 End with a dot")
        elif verb == b"AUTH":
            self._reply("235 2.7.0 Welcome")
        elif verb == b"STAR":
            self._is_changing = True
            self._reply("220 2.0.0 Go ahead")
            self._tasks = asyncio.ensure_future(self._encrypt())
        elif verb == b"QUIT":
            self._reply("221 2.0.0 Bye")
            self._transport.close()
        else:
            self._reply("250 2.0.0 Ok")

    async def _encrypt(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._transport = await loop.start_tls(self._transport, self, self._context, server_side=True)
        except OSError:
            return
        self._is_encrypted, self._is_changing = True, False
        self._take()  # the first command may have come with the last message of the handshake

    def _reply(self, *lines: str) -> None:
        self._transport.write("".join(f"{line}\r\n" for line in lines).encode())
