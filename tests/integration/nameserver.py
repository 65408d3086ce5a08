"""A DNS server on port 53, the only port that a container's resolver asks."""

import contextlib
import socket
import threading
import uuid
from collections.abc import Callable, Iterator

from dnslib import QTYPE, RCODE, RR, A, DNSRecord

from .relay_container import IMAGE, docker, random_loopback, wait_for

FRONT = """\
import select, socket, sys
address, server, port = sys.argv[1:]
front = socket.socket(type=socket.SOCK_DGRAM)
front.bind((address, 53))
back = socket.socket(type=socket.SOCK_DGRAM)
back.connect((server, int(port)))
print("ready", flush=True)
clients = {}
while True:
    for waiting in select.select([front, back], [], [])[0]:
        if waiting is front:
            query, client = front.recvfrom(4096)
            clients[query[:2]] = client
            back.send(query)
        else:
            reply = back.recv(4096)
            front.sendto(reply, clients[reply[:2]])
"""
"""A program that passes the questions at port 53 of an address on to a server: `ADDRESS SERVER PORT`."""


@contextlib.contextmanager
def port_53_in_a_container(server: tuple[str, int]) -> Iterator[str]:
    """Port 53 of an address of this machine. It takes root, which the test may not be: a container is."""
    address, name = random_loopback(), f"relay-test-{uuid.uuid4().hex[:12]}"
    host, port = server
    docker(
        "run", "--detach", f"--name={name}", "--network=host", "--entrypoint=python3", IMAGE,
        "-c", FRONT, address, host, str(port),
    )  # fmt: skip
    try:
        wait_for(lambda: "ready" in docker("logs", name).stdout, 20, "name server")
        yield address
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


class Nameserver:
    """Answers for `records`, host names and their IPv4 addresses; no other name exists. `with nameserver:` it is up.

    It listens on `bind`, and `port_53` makes the `address` at which it is asked.
    """

    def __init__(
        self,
        records: dict[str, str],
        bind: str,
        port_53: Callable[[tuple[str, int]], contextlib.AbstractContextManager[str]],
    ):
        self.records = records
        self.silent = False
        """Whether it gets questions and answers none."""
        self.address = ""
        self._bind = bind
        self._port_53 = port_53
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> "Nameserver":
        self._socket = self._undo.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        self._socket.bind((self._bind, 0))
        threading.Thread(target=self._serve, daemon=True).start()
        self.address = self._undo.enter_context(self._port_53(self._socket.getsockname()))
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                query, client = self._socket.recvfrom(4096)
                if not self.silent:
                    self._socket.sendto(self._reply(DNSRecord.parse(query)).pack(), client)

    def _reply(self, query: DNSRecord) -> DNSRecord:
        reply = query.reply()
        address = self.records.get(str(query.q.qname).rstrip("."))
        if not address:
            reply.header.rcode = RCODE.NXDOMAIN
        elif query.q.qtype == QTYPE.A:
            reply.add_answer(RR(query.q.qname, QTYPE.A, rdata=A(address), ttl=1))
        return reply
