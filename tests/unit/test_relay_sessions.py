"""Which lines of OpenSMTPD's log the container passes on."""

import pytest

from components.image.relay.sessions import without_health_checks

pytestmark = pytest.mark.unit

CONNECTED = b"0000000000000001 smtp connected address=127.0.0.1 host=localhost\n"
QUIT = b"0000000000000001 smtp disconnected reason=quit\n"
MESSAGE = b"0000000000000001 smtp message msgid=1 size=1 nrcpt=1 proto=ESMTP\n"
OTHER = b"0000000000000002 smtp connected address=10.0.0.2 host=app\n"
OTHER_QUIT = b"0000000000000002 smtp disconnected reason=quit\n"
LOST = b"0000000000000001 smtp disconnected reason=disconnect\n"
INFO = b"info: OpenSMTPD starting\n"
OWN6 = b"0000000000000003 smtp connected address=[::1] host=localhost\n"
OWN6_QUIT = b"0000000000000003 smtp disconnected reason=quit\n"


def passed(*lines: bytes) -> bytes:
    return b"".join(without_health_checks(lines, {"127.0.0.1", "::1"}))


def test_a_session_of_the_health_check_is_dropped():
    assert passed(INFO, CONNECTED, QUIT, INFO) == INFO + INFO


def test_a_session_of_the_health_check_over_ipv6_is_dropped():
    assert passed(OWN6, OWN6_QUIT) == b""


def test_a_session_that_sends_a_message_is_kept_whole():
    assert passed(CONNECTED, MESSAGE, QUIT) == CONNECTED + MESSAGE + QUIT


def test_a_session_that_breaks_off_is_kept():
    assert passed(CONNECTED, LOST) == CONNECTED + LOST


def test_a_session_from_elsewhere_is_kept_although_it_only_quits():
    assert passed(OTHER, OTHER_QUIT) == OTHER + OTHER_QUIT


def test_sessions_at_the_same_time_are_kept_apart():
    assert passed(CONNECTED, OTHER, QUIT, OTHER_QUIT) == OTHER + OTHER_QUIT


def test_a_session_that_is_open_at_the_end_is_not_lost():
    assert passed(CONNECTED, INFO) == INFO + CONNECTED
