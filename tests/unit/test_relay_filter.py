"""The filter process, as OpenSMTPD talks to it."""

import json
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.image.relay.filter import Filter
from components.image.relay.message import Message

pytestmark = pytest.mark.unit

TOKEN = b"1ef1c203cc576e5d"
STAGING = "staging@example.com"


def report(event: str, session: int = 1, suffix: str = "0000abcd") -> bytes:
    return f"report|0.7|1576146008.006099|smtp-in|{event}|{session:016x}|{suffix}".encode()


def request(event: str, parameter: bytes = b"", session: int = 1) -> bytes:
    head = f"filter|0.7|1576146008.006099|smtp-in|{event}|{session:016x}".encode()
    return b"|".join((head, TOKEN, parameter))


def data(text: bytes, session: int = 1) -> list[bytes]:
    return [request("data-line", line, session) for line in [*text.split(b"\n")[:-1], b"."]]


def lines_of(answers: bytes, session: int = 1) -> list[bytes]:
    """The message's lines in `answers`, without what stands before them."""
    head = b"filter-dataline|%016x|%b|" % (session, TOKEN)
    return [line.removeprefix(head) for line in answers.split(b"\n") if line.startswith(head)]


def test_it_asks_for_what_it_needs_only():
    assert Filter(from_header="@example.com").registration() == (
        b"register|report|smtp-in|tx-begin\n"
        b"register|report|smtp-in|link-disconnect\n"
        b"register|filter|smtp-in|data-line\n"
        b"register|filter|smtp-in|commit\n"
        b"register|ready\n"
    )
    assert b"register|filter|smtp-in|rcpt-to\n" in Filter(redirect_recipients=STAGING).registration()


def test_every_recipient_becomes_the_mailbox():
    answers = Filter(redirect_recipients=STAGING).answers([request("rcpt-to", b"a@x.org")])
    assert answers == b"filter-result|0000000000000001|1ef1c203cc576e5d|rewrite|<staging@example.com>\n"


def test_each_recipient_is_named_once_in_the_message():
    relay_filter = Filter(redirect_recipients=STAGING)
    recipients = [request("rcpt-to", address) for address in (b"a@x.org", b"b|c@x.org", b"a@x.org")]
    answers = relay_filter.answers([report("tx-begin"), *recipients, *data(b"To: a\n\nBody\n")])
    assert lines_of(answers) == [
        b"To: a",
        b"X-Original-To: a@x.org",
        b"X-Original-To: b|c@x.org",
        b"",
        b"Body",
        b".",
    ]


def test_recipients_of_an_abandoned_transaction_are_forgotten():
    relay_filter = Filter(redirect_recipients=STAGING)
    relay_filter.answers([report("tx-begin"), request("rcpt-to", b"a@x.org"), report("tx-begin")])
    answers = relay_filter.answers([request("rcpt-to", b"b@x.org"), *data(b"\n")])
    assert lines_of(answers) == [b"X-Original-To: b@x.org", b"", b"."]


def test_the_next_message_of_a_session_is_rewritten_too():
    relay_filter = Filter(from_header="@example.com")
    for _ in range(2):
        answers = relay_filter.answers([report("tx-begin"), *data(b"From: a@x\n\nFrom: a@x\n")])
        assert lines_of(answers) == [b"From: a@example.com", b"", b"From: a@x", b"."]


def test_sessions_are_told_apart():
    relay_filter = Filter(from_header="@example.com")
    answers = relay_filter.answers(
        [
            request("data-line", line, session)
            for line in (b"From: a@x", b"", b"Body", b".")
            for session in (1, 2)
        ]
    )
    assert lines_of(answers, 1) == lines_of(answers, 2) == [b"From: a@example.com", b"", b"Body", b"."]


def test_a_session_that_has_ended_leaves_nothing_behind():
    relay_filter = Filter(from_header="@example.com")
    relay_filter.answers([report("tx-begin"), *data(b"From: a@x\n\n"), report("link-disconnect", suffix="")])
    assert not relay_filter._transactions


def test_a_message_is_accepted():
    relay_filter = Filter(from_header="@example.com")
    relay_filter.answers(data(b"\n"))
    assert relay_filter.answers([request("commit")]) == (
        b"filter-result|0000000000000001|1ef1c203cc576e5d|proceed\n"
    )


@pytest.mark.parametrize("length", [65001, 65534])
def test_a_line_that_would_end_opensmtpd_or_another_filter_is_refused(length: int):
    relay_filter = Filter(from_header="@example.com")
    answers = relay_filter.answers([*data(b"\n" + b"x" * length + b"\n"), request("commit")])
    assert all(len(answer) < 65536 for answer in answers.split(b"\n"))
    assert answers.endswith(b"|reject|550 5.6.0 Line too long\n")


def test_the_longest_line_that_does_not_passes():
    answers = Filter(from_header="@example.com").answers(data(b"\n" + b"x" * 65000 + b"\n"))
    assert len(lines_of(answers)[1]) == 65000


def test_a_message_that_it_fails_to_rewrite_is_refused_for_now(monkeypatch: pytest.MonkeyPatch):
    def fail(_self: Message, _line: bytes) -> list[bytes]:
        raise RuntimeError("out of order")

    monkeypatch.setattr(Message, "feed", fail)
    answers = Filter(from_header="@example.com").answers([*data(b"From: a@x\n\n"), request("commit")])
    assert answers.endswith(b"|reject|451 4.3.0 Message cannot be rewritten now\n")


@given(
    st.lists(
        st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")).filter(lambda line: line != b".")
    )
)
def test_the_body_passes_octet_for_octet(body: list[bytes]):
    answers = Filter("app@example.com", STAGING).answers(
        [request("data-line", line) for line in [b"From: app@example.com", b"", *body, b"."]]
    )
    assert lines_of(answers) == [b"From: app@example.com", b"", *body, b"."]


def test_the_process_speaks_the_protocol_over_one_socket(tmp_path):
    settings = tmp_path / "filter.json"
    settings.write_text(json.dumps({"from_header": "app@example.com", "redirect_recipients": ""}))
    ours, theirs = socket.socketpair()
    program = (
        "import sys; from components.image.relay import filter; "
        "filter.SETTINGS_FILE = sys.argv[1]; filter.main()"
    )
    with (
        ours,
        ours.makefile("rb") as answers,
        subprocess.Popen(
            [sys.executable, "-c", program, str(settings)], stdin=theirs, stdout=theirs
        ) as process,
    ):
        theirs.close()
        ours.settimeout(30)
        ours.sendall(b"config|smtpd-version|7.6.0\nconfig|protocol|0.7\nconfig|rea")
        ours.sendall(b"dy\n")
        while answers.readline() != b"register|ready\n":
            pass
        first, *others = data(b"From: joe@localhost\n\nBody\n")
        ours.sendall(first[:30])
        ours.sendall(first[30:] + b"\n" + b"".join(line + b"\n" for line in others))
        assert lines_of(b"".join(answers.readline() for _ in range(4))) == [
            b"From: app@example.com",
            b"",
            b"Body",
            b".",
        ]
        ours.shutdown(socket.SHUT_WR)
        assert process.wait(30) == 0
