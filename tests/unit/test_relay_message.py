"""A message on its way through the filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.image.relay.message import Message

pytestmark = pytest.mark.unit

ADDRESS = b"app@example.com"
DOMAIN = b"@example.com"


def through(text: bytes, sender: bytes = b"", recipients: tuple[bytes, ...] = ()) -> bytes:
    """What becomes of the message `text`, of lines that end in a newline."""
    message = Message(sender, recipients)
    lines = [passed for line in [*text.split(b"\n")[:-1], b"."] for passed in message.feed(line)]
    assert lines.pop() == b"."
    return b"".join(line + b"\n" for line in lines)


def test_the_from_header_is_rewritten_where_it_stands():
    text = b"Received: by relay\n\tfor x\nFrom: Joe <joe@localhost>\nTo: a@b.org\n\nFrom: body@x.com\n"
    assert through(text, ADDRESS) == text.replace(b"joe@localhost", ADDRESS)


@pytest.mark.parametrize("name", [b"From", b"FROM", b"from", b"From "])
def test_the_header_is_known_by_any_spelling(name: bytes):
    assert through(name + b": joe@localhost\n\n", ADDRESS) == name + b": app@example.com\n\n"


@pytest.mark.parametrize(
    "header", [b"From-Line: joe@x.com", b"X-From: joe@x.com", b"Sender: joe@x.com", b"Resent-From: joe@x.com"]
)
def test_other_headers_stay(header: bytes):
    text = header + b"\nFrom: app@example.com\n\n"
    assert through(text, ADDRESS) == text


def test_folding_stays():
    assert through(b"From: Joe\n <joe@localhost>\n\t(x)\nTo: a@b\n\n", DOMAIN) == (
        b"From: Joe\n <joe@example.com>\n\t(x)\nTo: a@b\n\n"
    )


def test_every_from_header_of_a_broken_message_is_rewritten():
    assert (
        through(b"From: a@localhost\nFrom: b@localhost\n\n", ADDRESS)
        == b"From: app@example.com\n" * 2 + b"\n"
    )


def test_a_message_without_a_from_header_gets_the_address():
    assert through(b"To: a@b\n\nBody\n", ADDRESS) == b"To: a@b\nFrom: app@example.com\n\nBody\n"


def test_a_domain_alone_makes_no_from_header():
    assert through(b"To: a@b\n\nBody\n", DOMAIN) == b"To: a@b\n\nBody\n"


def test_a_message_of_headers_alone_is_rewritten_at_its_end():
    assert through(b"From: joe@localhost\n", ADDRESS) == b"From: app@example.com\n"


def test_the_author_is_answered_when_the_address_is_another():
    assert through(b"From: Joe\n <joe@x.org>\nTo: a@b\n\n", ADDRESS) == (
        b"From: Joe\n <app@example.com>\nTo: a@b\nReply-To: Joe\n <joe@x.org>\n\n"
    )


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        (b"Reply-To: other@x.org\nFrom: joe@x.org\n\n", ADDRESS),
        (b"From: joe@x.org\nreply-to: other@x.org\n\n", ADDRESS),
        (b"From: joe@x.org\n\n", DOMAIN),
        (b"From: root@localhost\n\n", ADDRESS),
        (b"From: app@example.com\n\n", ADDRESS),
    ],
    ids=["there is a Reply-To", "it comes later", "same author", "author out of reach", "same address"],
)
def test_no_reply_to_is_added_when_it_would_not_help(text: bytes, sender: bytes):
    assert through(text, sender).lower().count(b"reply-to") == text.lower().count(b"reply-to")


def test_each_recipient_that_was_asked_for_is_named():
    assert through(b"To: a@b\n\nBody\n", recipients=(b"a@b", b"c@d")) == (
        b"To: a@b\nX-Original-To: a@b\nX-Original-To: c@d\n\nBody\n"
    )


def test_a_from_header_that_opensmtpd_refuses_is_not_kept_in_memory():
    message = Message(ADDRESS)
    message.feed(b"From: a@b")
    given = [b" " + b"x" * 900] * 100
    passed = [line for fold in given for line in message.feed(fold)]
    assert passed == [b"From: a@b", *given]


octets = st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))
headers = octets.filter(
    lambda line: line and line != b"." and not line.lower().startswith((b"from", b"reply-to"))
)
body = st.lists(octets.map(lambda line: b"." + line if line.startswith(b".") else line)).map(
    lambda lines: b"".join(line + b"\n" for line in lines)
)


@given(st.lists(headers), body, st.sampled_from([b"", DOMAIN]))
def test_a_message_without_a_from_header_passes_octet_for_octet(
    header: list[bytes], body: bytes, sender: bytes
):
    text = b"".join(line + b"\n" for line in header) + b"\n" + body
    assert through(text, sender) == text


@given(st.lists(headers), st.lists(headers), body, st.sampled_from([ADDRESS, DOMAIN]))
def test_around_the_from_header_every_octet_passes(
    before: list[bytes], after: list[bytes], body: bytes, sender: bytes
):
    after = [line for line in after if not line.startswith((b" ", b"\t"))]
    head = b"".join(line + b"\n" for line in before) + b"From: "
    tail = b"\n" + b"".join(line + b"\n" for line in after) + b"\n" + body
    new = b"root@example.com" if sender == DOMAIN else ADDRESS
    assert through(head + b"root" + tail, sender) == head + new + tail
