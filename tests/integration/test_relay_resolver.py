"""DNS as the relay meets it: servers that are silent, and names that only the container's server knows."""

import contextlib
import smtplib
import uuid
from collections.abc import Iterator

import pytest

from tests.integration.relay_container import IMAGE, Relay, docker, random_loopback, relay_image, wait_for
from tests.integration.upstream import Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

SILENCE = "while True: server.recv(512)"

# Knows upstream.example.com alone, which is 127.0.0.1. Prints the names that it is asked for.
ONE_NAME = r"""
while True:
    query, client = server.recvfrom(512)
    end = query.index(b'\0', 12) + 5
    name, kind = query[12:end - 4], query[end - 4:end - 2]
    print(name, flush=True)
    known = name.lower() == b'\x08upstream\x07example\x03com\0'
    found = known and kind == b'\0\1'
    answer = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1' if found else b''
    flags = b'\x81\x80' if known else b'\x81\x83'
    server.sendto(query[:2] + flags + b'\0\1\0' + bytes([found, 0, 0, 0, 0]) + query[12:end] + answer, client)
"""


@contextlib.contextmanager
def dns_server(loop: str) -> Iterator[str]:
    """A DNS server in a container, which may have port 53; its address."""
    address = random_loopback()
    program = (
        f"import socket\nserver = socket.socket(type=socket.SOCK_DGRAM)\nserver.bind(('{address}', 53))\n"
        f"print('ready', flush=True)\n{loop}"
    )
    name = f"relay-test-{uuid.uuid4().hex[:12]}"
    docker(
        "run", "--detach", f"--name={name}", "--network=host", "--entrypoint=python3", IMAGE, "-c", program
    )
    try:
        wait_for(lambda: "ready" in docker("logs", name).stdout, 20, "DNS server")
        yield address
    finally:
        docker("rm", "--force", "--volumes", name)


def test_a_client_is_greeted_within_2_s_although_dns_never_answers():
    source = random_loopback()  # not 127.0.0.1, whose name is in the hosts file
    with (
        dns_server(SILENCE) as address,
        Relay({}, f"--dns={address}") as relay,
        smtplib.SMTP(relay.address, 25, timeout=2, source_address=(source, 0)) as client,
    ):
        assert client.noop()[0] == 250


@pytest.mark.parametrize("host", ["upstream.example.com", "upstream"])
def test_an_upstream_that_only_the_containers_dns_server_knows_gets_the_mail(host: str):
    with (
        dns_server(ONE_NAME) as address,
        Upstream() as upstream,
        Relay(
            {"RELAY_HOST": host, "RELAY_PROTO": "smtp+notls", "RELAY_PORT": str(upstream.port)},
            f"--dns={address}",
            "--dns-search=example.com",
        ) as relay,
    ):
        relay.submit()
        wait_for(lambda: upstream.messages, 20, "message at the upstream")
