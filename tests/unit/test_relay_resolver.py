"""The stub resolver: what it answers itself, and what OpenSMTPD is told about it."""

import os
import socket

import dnslib
import pytest

from components.image.relay.resolver import Resolver, nameservers, own_conf

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("conf", "addresses"),
    [
        ("nameserver 192.0.2.1\nnameserver\t2001:db8::1\n", ["192.0.2.1", "2001:db8::1"]),
        ("# nameserver 192.0.2.1\nnameserver\nnameserver fe80::1%eth0", ["fe80::1%eth0"]),
        ("search example.com\n", ["127.0.0.1"]),
        ("", ["127.0.0.1"]),
    ],
)
def test_name_servers_are_read_from_resolv_conf(conf: str, addresses: list[str]):
    assert nameservers(conf) == addresses


def test_opensmtpd_searches_as_the_system_does_and_asks_nobody_else():
    conf = "search a.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5 tcp use-vc\n"
    assert own_conf(conf, ["127.1.2.3"]).splitlines() == [
        "nameserver 127.1.2.3",
        "lookup file bind",
        "options edns0",
        "search a.svc.cluster.local svc.cluster.local",
        "options ndots:5",
    ]


@pytest.fixture
def conf(tmp_path):
    """A resolv.conf whose name server does not exist."""
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 127.255.255.254\n")
    return path


@pytest.fixture
def resolver(conf) -> Resolver:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Resolver(str(conf), str(conf.with_name("own.conf")), port)


def ask(resolver: Resolver, *question: str) -> dnslib.DNSRecord:
    query = dnslib.DNSRecord.question(*question)
    return dnslib.DNSRecord.parse(query.send(resolver.address, resolver.port, timeout=3))


@pytest.mark.parametrize("name", ["1.2.0.192.in-addr.arpa", "1.0.0.0.ip6.arpa", "anything.example.com"])
def test_a_client_s_name_is_unknown_without_asking_anybody(resolver: Resolver, name: str):
    reply = ask(resolver, name, "PTR")
    assert (reply.header.rcode, str(reply.q.qname)) == (dnslib.RCODE.NXDOMAIN, f"{name}.")


def test_another_question_is_passed_on(resolver: Resolver):
    assert ask(resolver, "smtp.example.com").header.rcode == dnslib.RCODE.SERVFAIL


def test_changed_name_servers_are_used_from_the_next_question_on(resolver: Resolver, conf):
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.254.254.254", resolver.port))
        server.settimeout(3)
        conf.write_text("search example.org\nnameserver 127.254.254.254\n")
        query = dnslib.DNSRecord.question("smtp.example.com").pack()
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.sendto(query, (resolver.address, resolver.port))
            assert server.recv(512)[2:] == query[2:]
    assert "search example.org" in conf.with_name("own.conf").read_text()


def test_where_the_port_is_taken_opensmtpd_asks_the_network_s_name_servers(conf):
    with socket.socket(type=socket.SOCK_DGRAM) as everywhere:
        everywhere.bind(("0.0.0.0", 0))
        resolver = Resolver(str(conf), str(conf.with_name("own.conf")), everywhere.getsockname()[1])
    assert resolver.address == ""
    assert "nameserver 127.255.255.254\n" in conf.with_name("own.conf").read_text()
    assert sorted(os.listdir(conf.parent)) == ["own.conf", "resolv.conf"]
