"""A stub DNS resolver between OpenSMTPD and the network's name servers.

OpenSMTPD asks for a client's name before it greets. Where no name server answers, its own resolver gives up after 75 s,
when every health check and client has long gone. Here that question is answered at once: the name is not known. All
others are passed on.
"""

import os
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

from .dns_lookup import MAX_OCTETS, NXDOMAIN, look_up, question_of, reply_without_answer

SYSTEM_CONF = "/etc/resolv.conf"
OWN_CONF = "/run/resolv.conf"
"""What the image's OpenSMTPD reads in place of SYSTEM_CONF, which cannot be written."""

DNS_PORT = 53
"""OpenSMTPD's resolver can ask no other."""

_PTR = b"\0\x0c"
# A question beyond is dropped; OpenSMTPD asks again.
_MAX_LOOKUPS = 64


class Resolver:
    """The resolver, on a loopback address of its own. It answers from the construction on, in threads of its own."""

    def __init__(self, system_conf: str = SYSTEM_CONF, own_conf: str = OWN_CONF, port: int = DNS_PORT):
        """Writes the file `own_conf`, and again when the file `system_conf` has changed. Raises OSError.

        Where the port is taken on all addresses, `own_conf` names the network's name servers and nothing answers.
        """
        self._system_conf, self._own_conf, self.port = system_conf, own_conf, port
        self._version: tuple[int, ...] | None = None
        self._nameservers: list[str] = []
        self._free = threading.BoundedSemaphore(_MAX_LOOKUPS)
        self._socket = _listen(port)
        self.address: str = self._socket.getsockname()[0] if self._socket else ""
        """Where it listens. Empty: nowhere."""
        self._refresh()
        if self._socket:
            threading.Thread(target=self._serve, args=(self._socket,), name="resolver", daemon=True).start()

    def _serve(self, server: socket.socket) -> None:
        while True:
            with suppress(OSError):  # of an earlier reply that nobody waited for
                query, client = server.recvfrom(MAX_OCTETS)
                question = question_of(query)
                if question[-4:-2] == _PTR:
                    server.sendto(reply_without_answer(query, NXDOMAIN), client)
                elif question and self._free.acquire(blocking=False):
                    self._refresh()
                    lookup = threading.Thread(target=self._pass_on, args=(server, query, client), daemon=True)
                    lookup.start()

    def _pass_on(self, server: socket.socket, query: bytes, client: tuple[str, int]) -> None:
        try:
            with suppress(OSError):
                server.sendto(look_up(query, self._nameservers, self.port), client)
        finally:
            self._free.release()

    def _refresh(self) -> None:
        version = _version(self._system_conf)
        if version == self._version:
            return
        text = ""
        with suppress(OSError), open(self._system_conf, encoding="utf-8", errors="replace") as file:
            text = file.read()
        self._version, self._nameservers = version, nameservers(text)
        with open(f"{self._own_conf}.new", "w", encoding="utf-8") as file:
            file.write(own_conf(text, [self.address] if self.address else self._nameservers))
        os.replace(file.name, self._own_conf)


def nameservers(conf: str) -> list[str]:
    """The name servers of resolv.conf(5) text; without any it is the one on this machine."""
    words = (line.split() for line in conf.splitlines())
    return [line[1] for line in words if line[:1] == ["nameserver"] and len(line) > 1] or ["127.0.0.1"]


def own_conf(conf: str, nameservers: Sequence[str]) -> str:
    """`conf` for OpenSMTPD: searched as there, but with other name servers, and the hosts file wins as elsewhere."""
    lines = [*(f"nameserver {address}" for address in nameservers), "lookup file bind", "options edns0"]
    for line in conf.splitlines():
        match line.split():
            case ["search" | "domain", *_]:
                lines.append(line)
            case ["options", *options]:
                lines += [f"options {option}" for option in options if option.startswith("ndots:")]
    return "".join(f"{line}\n" for line in lines)


def _version(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _listen(port: int) -> socket.socket | None:
    # On the host's network the usual addresses may be taken.
    address = ".".join(["127", *(str(octet % 254 + 1) for octet in os.urandom(3))])
    server = socket.socket(type=socket.SOCK_DGRAM)
    try:
        server.bind((address, port))
    except OSError:
        server.close()
        return None
    return server
