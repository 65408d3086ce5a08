"""How the local AWS keeps accepted messages."""

import pytest

from local.aws.mailbox import Mailbox

pytestmark = pytest.mark.unit

_CONTENT = (
    b"Received: from client\r\n by relay; date\r\nFrom: a@x.example\r\n\r\nReceived: in the body\r\n\xff\n"
)


@pytest.fixture
def mailbox(tmp_path):
    return Mailbox(tmp_path / "mailbox")


def test_a_message_reads_back_byte_for_byte(mailbox):
    mailbox.deliver("id-1", "bounce@x.example", ("a@y.example", "b@y.example"), "from c by d", _CONTENT)
    [delivery] = mailbox.deliveries()
    assert delivery.content == _CONTENT
    assert delivery.sender == "bounce@x.example"
    assert delivery.recipients == ("a@y.example", "b@y.example")
    assert delivery.received.startswith("from c by d; ")


def test_the_endpoints_received_is_the_first_of_the_chain(mailbox):
    path = mailbox.deliver("id-1", "bounce@x.example", ("a@y.example",), "from c by d", _CONTENT)
    lines = path.read_bytes().split(b"\r\n")
    assert [line.partition(b":")[0] for line in lines[:4]] == [
        b"Return-Path",
        b"X-Envelope-To",
        b"Received",
        b"Received",
    ]


def test_messages_come_in_the_order_of_their_arrival(mailbox):
    for number in range(5):
        mailbox.deliver(f"id-{9 - number}", "x@x.example", ("a@y.example",), "from c by d", b"%d" % number)
    assert [delivery.content for delivery in mailbox.deliveries()] == [b"0", b"1", b"2", b"3", b"4"]


def test_an_unfinished_file_is_no_message(mailbox):
    (mailbox.directory / "20260101T000000.000000Z-id.part").write_bytes(b"half")
    assert mailbox.deliveries() == []
