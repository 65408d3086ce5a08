"""OpenSMTPD's log as events. The lines are from logs of the real container, save where a test says otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.image.relay import events
from components.image.relay.events import (
    Accepted,
    Connected,
    Delivery,
    Disconnected,
    Encrypted,
    Expired,
    Login,
    NoRoute,
    Queued,
    Refused,
    Removed,
    RouteDisabled,
    RouteEnabled,
    Started,
    UpstreamCertificate,
    UpstreamConnected,
    UpstreamConnecting,
    UpstreamDisconnected,
    UpstreamError,
    UpstreamTls,
    parse,
    upstream_message_id,
)

pytestmark = pytest.mark.unit

SESSION = "5684a236e361de8c"
DELIVERY = (
    f"{SESSION} mta delivery evpid=1f88e688cd2608c8 from=<app@example.com> to=<someone@example.org> rcpt=<-> "
    'source="127.0.0.1" relay="127.0.0.1 (localhost)" delay=2s result="Ok" stat="250 Ok 1"'
)
DELIVERED = Delivery(
    session=SESSION,
    queue_id="1f88e688",
    envelope_id="1f88e688cd2608c8",
    sender="app@example.com",
    recipient="someone@example.org",
    original_recipient="",
    relay="127.0.0.1 (localhost)",
    delay_seconds=2,
    result="Ok",
    upstream_reply="250 Ok 1",
    upstream_message_id="1",
)


def delivery(**changed: str) -> Delivery:
    """The line of a delivery with other values, parsed."""
    line = DELIVERY
    for name, value in changed.items():
        old = {
            "result": '"Ok"',
            "delay": "2s",
            "rcpt": "<->",
            "stat": '"250 Ok 1"',
            "sender": "<app@example.com>",
        }
        line = line.replace(old[name], value)
    event = parse(line.encode())
    assert isinstance(event, Delivery)
    return event


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("info: OpenSMTPD 7.6.0-portable starting", Started("7.6.0-portable")),
        (f"{SESSION} smtp tls ciphers=TLSv1.3:X:256", Encrypted(SESSION, "TLSv1.3:X:256")),
        (
            f"{SESSION} smtp connected address=127.0.0.1 host=localhost",
            Connected(SESSION, "127.0.0.1", "localhost"),
        ),
        (f"{SESSION} smtp connected address=[::1] host=localhost", Connected(SESSION, "::1", "localhost")),
        (f"{SESSION} smtp connected address=local host=vm", Connected(SESSION, "local", "vm")),
        (f"{SESSION} smtp authentication user=app result=permfail", Login(SESSION, "app", "permfail")),
        (
            f"{SESSION} smtp message msgid=1f88e688 size=233 nrcpt=1 proto=ESMTP",
            Accepted(SESSION, "1f88e688", 233, 1),
        ),
        (
            f"{SESSION} smtp envelope evpid=b1d6620f15628cb7 from=<> to=<app@example.com>",
            Queued(SESSION, "b1d6620f", "b1d6620f15628cb7", "", "app@example.com"),
        ),
        (
            f'{SESSION} smtp failed-command command="rcpt TO:<someone@example.org>" '
            'result="550 Invalid recipient: <someone@example.org>"',
            Refused(SESSION, "rcpt TO:<someone@example.org>", "550 Invalid recipient: <someone@example.org>"),
        ),
        (f'{SESSION} smtp bad-input result="500 5.5.1 Bad"', Refused(SESSION, "", "500 5.5.1 Bad")),
        (f"{SESSION} smtp disconnected reason=quit", Disconnected(SESSION, "quit")),
        (
            f'{SESSION} smtp disconnected reason="io-error: Broken pipe"',
            Disconnected(SESSION, "io-error: Broken pipe"),
        ),
        (
            f"{SESSION} mta connecting address=smtp+tls://[::1]:36775 host=::1",
            UpstreamConnecting(SESSION, "smtp+tls://[::1]:36775", "::1"),
        ),
        (f"{SESSION} mta connected", UpstreamConnected(SESSION)),
        (
            f"{SESSION} mta tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256",
            UpstreamTls(SESSION, "TLSv1.3:TLS_AES_256_GCM_SHA384:256"),
        ),
        (
            f'{SESSION} mta cert-check result="valid" fingerprint="SHA256:adbb7c8d"',
            UpstreamCertificate(SESSION, "valid", "SHA256:adbb7c8d"),
        ),
        (f"{SESSION} mta disconnected reason=quit messages=3", UpstreamDisconnected(SESSION, 3)),
        (
            f"{SESSION} mta error reason=AUTH rejected: 535 5.7.8 Authentication credentials invalid",
            UpstreamError(SESSION, "AUTH rejected: 535 5.7.8 Authentication credentials invalid"),
        ),
        (
            f"smtp-out: Error on session {SESSION} after 2 messages sent: Connection timeout",
            UpstreamError(SESSION, "Connection timeout"),
        ),
        (DELIVERY, DELIVERED),
        (
            "smtp-out: Disabling route [] <-> 127.0.0.1 (localhost) for 15s",
            RouteDisabled("[] <-> 127.0.0.1 (localhost)", 15),
        ),
        (
            "smtp-out: Enabling route [] <-> 127.0.0.1 (localhost)",
            RouteEnabled("[] <-> 127.0.0.1 (localhost)"),
        ),
        (
            "smtp-out: No valid route for [connector:[]->[relay:localhost,port=36775,smtp+tls,"
            "auth=t_credentials:relay,mx,heloname=vm],0x0]",
            NoRoute("localhost", "No valid route"),
        ),
        (
            "smtp-out: Failed to resolve MX for [relay:nohost.invalid,port=587,smtp+tls,mx,heloname=vm]: "
            "Host not found",
            NoRoute("nohost.invalid", "Failed to resolve MX: Host not found"),
        ),
        (
            "relay: Expire for 1f88e688cd2608c8: from=<@>, to=<someone@example.org>, rcpt=<->, delay=4d, "
            "stat=Envelope expired",
            Expired("1f88e688", "1f88e688cd2608c8", "", "someone@example.org", 4 * 86400),
        ),
        (
            "relay: Remove for 1f88e688cd2608c8: from=<app@example.com>, to=<someone@example.org>, rcpt=<->, "
            "delay=1m3s, stat=Removed by administrator",
            Removed("1f88e688", "1f88e688cd2608c8", "app@example.com", "someone@example.org", 63),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_line_of_opensmtpd_becomes_an_event(line, event):
    assert parse(f"{line}\n".encode()) == event


@pytest.mark.parametrize(
    "line",
    [
        "",
        "info: smtp paused",
        "warn: purge_task: opendir: No such file or directory",
        f"{SESSION} smtp something new=1",
        f"{SESSION} mta delivery evpid=short",
        f"prefix {DELIVERY}",
        DELIVERY.replace('result="Ok"', 'result="Fine"'),
        DELIVERY.replace("delay=2s", f"delay={'9' * 5000}s"),
        f"{SESSION} smtp message msgid=1f88e688 size={'9' * 5000} nrcpt=1 proto=ESMTP",
    ],
)
def test_a_line_that_is_not_understood_is_no_event(line):
    assert parse(line.encode()) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("59s", 59), ("1m", 60), ("1h2s", 3602), ("4d1h6m40s", 349600), ("-3s", -3)],
)
def test_the_delay_of_a_delivery_is_in_seconds(text, seconds):
    assert delivery(delay=text).delay_seconds == seconds


def test_a_rewritten_recipient_comes_with_the_original():
    assert delivery(rcpt="<staging@example.net>").original_recipient == "staging@example.net"


# The shapes, with ids made up, are those of: SES's, Postfix's, Exim's, Exchange's, Gmail's, Haraka's and Sendmail's
# sources or documentation, and of replies that users have put into bug reports (the other services).
@pytest.mark.parametrize(
    ("reply", "message_id"),
    [
        (
            "250 Ok 0102018f3a2b4c5d-1f0e9d8c-0000-4000-8000-000000000000-000000",
            "0102018f3a2b4c5d-1f0e9d8c-0000-4000-8000-000000000000-000000",
        ),
        ("250 2.0.0 Ok: queued as 4VfZ2k0xYzz9sT", "4VfZ2k0xYzz9sT"),
        ("250 Ok: queued as nhIMmON9SFOPcT0ii4nt2A", "nhIMmON9SFOPcT0ii4nt2A"),
        (
            "250 2.0.0 OK: queued as <202401010000.123@smtp-relay.mailin.fr>",
            "202401010000.123@smtp-relay.mailin.fr",
        ),
        ("250 2.0.0 Ok: queued on smtp3m.mail.yandex.net as 1430081058-6ltgNFKSir", "1430081058-6ltgNFKSir"),
        (
            "250 2.6.0 <a1b2@mx.example.org> [InternalId=34359738368, Hostname=X.EURPRD04.PROD.OUTLOOK.COM] 8 bytes "
            "in 0.1, 9.9 KB/sec Queued mail for delivery",
            "a1b2@mx.example.org",
        ),
        ("250 2.0.0 OK  1700000000 d9443c01a7336-1d2si33.220 - gsmtp", "d9443c01a7336-1d2si33.220"),
        ("250 OK id=1rABCD-000000005vi-0000", "1rABCD-000000005vi-0000"),
        ("250 2.0.0 d0cc699e Message accepted for delivery", "d0cc699e"),
        ("250 Message Queued (8F2A1B3C-0000.1)", "8F2A1B3C-0000.1"),
        ("250 Ok", ""),
        ("250 Ok accepted", ""),
        ("250 Great success", ""),
        ("250 2.0.0 Ok", ""),
        ("554 Message rejected: queued as nothing", ""),
        ("", ""),
    ],
)
def test_the_upstreams_name_of_a_message_is_read_from_its_reply(reply, message_id):
    assert upstream_message_id(reply) == message_id


def test_a_delivery_that_failed_has_no_upstream_message_id():
    failed = delivery(result='"TempFail"', stat='"250 Ok: queued as A1"')
    assert failed.upstream_message_id == ""


def test_a_reply_cannot_forge_the_fields_of_a_delivery():
    reply = '250 Ok" result="PermFail" stat="550 no'
    assert delivery(stat=f'"{reply}"').upstream_reply == reply
    assert delivery(stat=f'"{reply}"').result == "Ok"


def test_an_address_cannot_forge_the_fields_of_a_delivery():
    line = DELIVERY.replace("<app@example.com>", '<app@example.com> to=<x@y> rcpt=<-> source="-" relay="z">')
    assert parse(line.encode()) is None


def test_a_command_cannot_forge_the_reply_to_it():
    command = 'MAIL FROM:<a" result="250 x@example.com>'
    reply = "553 5.1.0 Sender address syntax error"
    line = f'{SESSION} smtp failed-command command="{command}" result="{reply}"'
    assert parse(line.encode()) == Refused(SESSION, command, reply)


def test_a_user_name_cannot_forge_the_result_of_its_login():
    line = f"{SESSION} smtp authentication user=x result=ok result=permfail"
    assert parse(line.encode()) == Login(SESSION, "x result=ok", "permfail")


def test_what_a_terminal_would_act_on_comes_in_escapes():
    hostile = b"250 \x1b[31mred \xc2\x9b \xe2\x80\xae \r\x00 \xff"
    assert events.text(hostile) == r"250 \x1b[31mred \x9b \u202e \r\x00 \xff"
    assert events.text("für\n".encode()) == "für"


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda shown: shown.encode("utf-8", "surrogatepass"))
)
def test_no_line_raises(line):
    parse(line)
    parse(f"{SESSION} smtp ".encode() + line)
    parse(f"{SESSION} mta delivery ".encode() + line)


@given(st.data())
def test_no_line_of_known_words_in_any_order_raises(data):
    words = [
        *DELIVERY.split(" "),
        "smtp-out:",
        "9" * 5000,
        "٣",
        "size=",
        '" result="',
        "\n",
        "[relay:",
        "for 1s",
    ]
    parse(" ".join(data.draw(st.lists(st.sampled_from(words), max_size=30))).encode())


@pytest.mark.parametrize(
    "filling", [b'"', b"<", b" ", b'" result="', b"queued on ", b"[relay:", b"a@", b"\x00"]
)
def test_a_line_of_a_megabyte_is_read_in_time_that_grows_with_its_length_only(filling):
    prefix = DELIVERY.encode().removesuffix(b'Ok 1"')
    parse(prefix + filling * (1_000_000 // len(filling)))
    parse(filling * (1_000_000 // len(filling)))
