"""When OpenSMTPD is kept from an upstream's address, and how it is told."""

import os
import struct

import pytest

from components.image.relay.circuit_breaker import CircuitBreaker
from components.image.relay.circuits import Circuits
from components.image.relay.events import Delivery, UpstreamConnecting, UpstreamDisconnected, UpstreamError

pytestmark = pytest.mark.unit

IPV4, IPV6 = "smtp+tls://192.0.2.1:587", "smtps://[2001:db8::1]:465"


class Sessions:
    """What a breaker opens, while sessions come and go by a clock of their own."""

    def __init__(self):
        self.opened: list[str] = []
        self.now = 100.0
        self._breaker = CircuitBreaker(self.opened.append, lambda: self.now)

    def begin(self, session: str, url: str = IPV4) -> None:
        self._breaker.observe(UpstreamConnecting(session, url, "smtp.example.com"))

    def fail(self, session: str, after: float = 0) -> bool:
        before = len(self.opened)
        self.now += after
        self._breaker.observe(UpstreamError(session, "AUTH rejected: 535 no"))
        return len(self.opened) > before

    def deliver(self, session: str) -> None:
        self._breaker.observe(
            Delivery(session, "", "", "", "", "", "192.0.2.1 (smtp.example.com)", 0, "Ok", "250 Ok", "")
        )

    def quit(self, session: str) -> None:
        self._breaker.observe(UpstreamDisconnected(session, 0))


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.mark.parametrize(("url", "address"), [(IPV4, "192.0.2.1 587"), (IPV6, "2001:db8::1 465")])
def test_a_second_session_that_fails_at_once_opens_the_circuit_of_its_address(sessions, url, address):
    sessions.begin("a", url)
    assert not sessions.fail("a")
    sessions.begin("b", url)
    assert sessions.fail("b")
    assert sessions.opened == [address]


def test_sessions_that_fail_together_are_one_failure(sessions):
    for session in "abc":
        sessions.begin(session)
    assert not any(sessions.fail(session, after=0.1) for session in "abc")


def test_a_session_that_hangs_before_it_fails_counts_by_its_beginning(sessions):
    sessions.begin("a")
    sessions.fail("a")
    sessions.begin("b")
    assert sessions.fail("b", after=300)


def test_a_later_try_is_left_to_opensmtpd(sessions):
    sessions.begin("a")
    sessions.fail("a")
    sessions.now += 15
    sessions.begin("b")
    assert not sessions.fail("b")


def test_a_message_that_was_taken_in_between_makes_the_next_failure_the_first(sessions):
    sessions.begin("a")
    sessions.fail("a")
    sessions.begin("b")
    sessions.deliver("b")
    assert not sessions.fail("b")


def test_another_address_has_a_circuit_of_its_own(sessions):
    sessions.begin("a", IPV4)
    sessions.fail("a")
    sessions.begin("b", IPV6)
    assert not sessions.fail("b")


def test_what_ended_well_or_was_never_seen_to_begin_fails_no_more(sessions):
    sessions.begin("a")
    sessions.fail("a")
    sessions.begin("b")
    sessions.quit("b")
    assert not sessions.fail("b")
    assert not sessions.fail("unknown")


def test_of_addresses_without_end_the_last_ones_are_remembered(sessions):
    for number in range(5000):
        sessions.begin("first", f"smtp+tls://198.51.{number // 256}.{number % 256}:25")
        sessions.fail("first")
    sessions.begin("second", "smtp+tls://198.51.0.0:25")
    assert not sessions.fail("second")
    sessions.begin("second", "smtp+tls://198.51.19.135:25")
    assert sessions.fail("second")


def test_the_file_has_the_address_and_until_when(tmp_path):
    path = tmp_path / "circuits"
    Circuits(str(path), lambda: 100.0).open("192.0.2.1 587")
    content = path.read_bytes()
    until, address = struct.unpack_from("q56s", content)
    assert (until, address.rstrip(b"\0")) == (102_000, b"192.0.2.1 587")
    assert (len(content), os.stat(path).st_mode & 0o777) == (64 * 64, 0o600)


def test_of_more_addresses_than_it_has_room_for_the_last_ones_count(tmp_path):
    path = tmp_path / "circuits"
    circuits = Circuits(str(path), lambda: 100.0)
    for number in range(65):
        circuits.open(f"192.0.2.{number} 587")
    assert b"192.0.2.64 587\0" in path.read_bytes()
    assert path.stat().st_size == 64 * 64
