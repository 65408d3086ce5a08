"""A DNS server on port 53, the only port that a container's resolver asks."""

import socket
import threading
import uuid
from contextlib import suppress

from dnslib import QTYPE, RCODE, RR, A, DNSRecord

from .relay_container import IMAGE, docker, random_loopback, wait_for

# Port 53 takes root, which the test may not be: a container passes the questions on.
_FRONT = """\
import select, socket
front = socket.socket(type=socket.SOCK_DGRAM)
front.bind(("{address}", 53))
back = socket.socket(type=socket.SOCK_DGRAM)
back.connect(("127.0.0.1", {port}))
print("ready", flush=True)
clients = {{}}
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


class Nameserver:
    """Answers for `records`, host names and their IPv4 addresses; no other name exists. `with nameserver:` it is up.

    It listens on `address`.
    """

    def __init__(self, records: dict[str, str]):
        self.records = records
        self.silent = False
        """Whether it gets questions and answers none."""
        self.address = random_loopback()
        self._container = f"relay-test-{uuid.uuid4().hex[:12]}"

    def __enter__(self) -> "Nameserver":
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        program = _FRONT.format(address=self.address, port=self._socket.getsockname()[1])
        docker(
            "run", "--detach", f"--name={self._container}", "--network=host", "--entrypoint=python3", IMAGE,
            "-c", program,
        )  # fmt: skip
        wait_for(lambda: "ready" in docker("logs", self._container).stdout, 20, "name server")
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "--force", "--volumes", self._container, check=False)
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
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
