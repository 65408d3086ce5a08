"""DNS questions passed on to name servers of the test's own."""

import random
import socket
import threading
from collections.abc import Callable

import dnslib
import pytest

from components.image.relay import dns_lookup

pytestmark = pytest.mark.unit

QUERY = dnslib.DNSRecord.question("smtp.example.com").pack()

Answer = Callable[[dnslib.DNSRecord], bytes | None]


def address(number: int = 1) -> Answer:
    return lambda query: query.replyZone(f"smtp.example.com 60 A 192.0.2.{number}").pack()


def failure(query: dnslib.DNSRecord) -> bytes:
    reply = query.reply()
    reply.header.rcode = dnslib.RCODE.SERVFAIL
    return reply.pack()


def silence(_query: dnslib.DNSRecord) -> None:
    return None


class NameServers:
    """Name servers on one port, each on an address of its own; `answers` say what they do."""

    def __init__(self, *answers: Answer, tcp: Answer | None = None):
        self.asked = [0] * len(answers)
        self.addresses: list[str] = []
        self._sockets: list[socket.socket] = []
        self.port = 0
        for answer in answers:
            server = socket.socket(type=socket.SOCK_DGRAM)
            self.addresses.append(
                f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
            )
            server.bind((self.addresses[-1], self.port))
            self.port = server.getsockname()[1]
            self._sockets.append(server)
            index = len(self._sockets) - 1
            threading.Thread(target=self._serve, args=(server, index, answer), daemon=True).start()
        if tcp:
            listener = socket.create_server((self.addresses[0], self.port))
            self._sockets.append(listener)
            threading.Thread(target=self._serve_tcp, args=(listener, tcp), daemon=True).start()

    def __enter__(self) -> "NameServers":
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._sockets:
            server.close()

    def _serve(self, server: socket.socket, index: int, answer: Answer) -> None:
        while True:
            try:
                query, client = server.recvfrom(4096)
            except OSError:
                return
            self.asked[index] += 1
            if reply := answer(dnslib.DNSRecord.parse(query)):
                server.sendto(reply, client)

    @staticmethod
    def _serve_tcp(listener: socket.socket, answer: Answer) -> None:
        connection, _ = listener.accept()
        with connection:
            query = connection.recv(4096)[2:]
            reply = answer(dnslib.DNSRecord.parse(query))
            connection.sendall(len(reply).to_bytes(2) + reply)

    def look_up(self, query: bytes = QUERY) -> dnslib.DNSRecord:
        return dnslib.DNSRecord.parse(dns_lookup.look_up(query, self.addresses, self.port))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_lookup, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(dns_lookup, "_SECONDS", 0.5)


def test_the_reply_carries_the_id_of_the_query():
    with NameServers(address()) as servers:
        reply = servers.look_up()
        assert str(reply.a.rdata) == "192.0.2.1"
        assert reply.header.id == dnslib.DNSRecord.parse(QUERY).header.id


def test_each_question_goes_out_under_an_id_of_its_own():
    ids = set()

    def note(query: dnslib.DNSRecord) -> bytes:
        ids.add(query.header.id)
        return address()(query)

    with NameServers(note) as servers:
        for _ in range(20):
            servers.look_up()
    assert len(ids) > 15


def test_options_of_the_query_reach_the_name_server():
    query = dnslib.DNSRecord.question("smtp.example.com", "AAAA")
    query.add_ar(dnslib.EDNS0(udp_len=4096))
    seen = []

    def note(query: dnslib.DNSRecord) -> bytes:
        seen.append((query.q.qtype, query.ar[0].edns_len))
        return query.reply().pack()

    with NameServers(note) as servers:
        servers.look_up(query.pack())
    assert seen == [(dnslib.QTYPE.AAAA, 4096)]


def test_a_name_that_does_not_exist_is_an_answer():
    def unknown(query: dnslib.DNSRecord) -> bytes:
        reply = query.reply()
        reply.header.rcode = dnslib.RCODE.NXDOMAIN
        return reply.pack()

    with NameServers(unknown, address()) as servers:
        assert servers.look_up().header.rcode == dnslib.RCODE.NXDOMAIN
        assert servers.asked[1] == 0


def test_the_next_name_server_answers_for_one_that_fails():
    with NameServers(failure, address(2)) as servers:
        assert str(servers.look_up().a.rdata) == "192.0.2.2"


@pytest.mark.usefixtures("impatient")
def test_the_next_name_server_answers_for_one_that_is_silent():
    with NameServers(silence, address(2)) as servers:
        assert str(servers.look_up().a.rdata) == "192.0.2.2"


def test_the_next_name_server_answers_where_nobody_listens():
    with NameServers(address(2)) as servers:
        servers.addresses.insert(0, "127.255.255.1")
        assert str(servers.look_up().a.rdata) == "192.0.2.2"


@pytest.mark.usefixtures("impatient")
def test_a_slow_name_server_still_counts_when_others_were_asked():
    late = threading.Event()

    def slow(query: dnslib.DNSRecord) -> bytes:
        late.wait(5)
        return address(1)(query)

    def others(_query: dnslib.DNSRecord) -> None:
        late.set()

    with NameServers(slow, others) as servers:
        assert str(servers.look_up().a.rdata) == "192.0.2.1"


@pytest.mark.usefixtures("impatient")
def test_silence_of_all_becomes_a_failure():
    with NameServers(silence, silence) as servers:
        reply = servers.look_up()
        assert reply.header.rcode == dnslib.RCODE.SERVFAIL
        assert servers.asked == [2, 2]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "forge",
    [
        lambda reply: setattr(reply.header, "id", reply.header.id ^ 1),
        lambda reply: setattr(reply.header, "qr", 0),
        lambda reply: setattr(reply.questions[0], "qname", dnslib.DNSLabel("other.example.com")),
        lambda reply: reply.questions.clear(),
    ],
    ids=["id", "a query", "question", "no question"],
)
def test_a_reply_that_does_not_fit_the_query_is_ignored(forge: Callable[[dnslib.DNSRecord], object]):
    def forged(query: dnslib.DNSRecord) -> bytes:
        reply = dnslib.DNSRecord.parse(address(66)(query))
        forge(reply)
        return reply.pack()

    with NameServers(forged) as servers:
        assert servers.look_up().header.rcode == dnslib.RCODE.SERVFAIL


def long_answer(records: int) -> Answer:
    zone = "\n".join(f"smtp.example.com 60 A 192.0.{n // 250}.{n % 250}" for n in range(records))
    return lambda query: query.replyZone(zone).pack()


def truncated(query: dnslib.DNSRecord) -> bytes:
    reply = query.reply()
    reply.header.tc = 1
    return reply.pack()


def test_a_truncated_reply_is_fetched_over_tcp():
    with NameServers(truncated, tcp=long_answer(100)) as servers:
        reply = servers.look_up()
        assert (reply.header.tc, len(reply.rr)) == (0, 100)


def test_a_reply_that_opensmtpd_could_not_take_is_truncated():
    with NameServers(truncated, tcp=long_answer(1000)) as servers:
        reply = servers.look_up()
        assert (reply.header.tc, len(reply.rr)) == (1, 0)


@pytest.mark.parametrize("message", [QUERY[:n] for n in range(len(QUERY))] + [QUERY[:12] + b"\xc0\x0c" * 9])
def test_a_mutilated_message_has_no_question(message: bytes):
    assert dns_lookup.question_of(message) == b""
