"""What the container's log shows of OpenSMTPD's lines, and of the relay's own."""

import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.image.relay import journal
from components.image.relay.events import parse
from components.image.relay.journal import Journal

pytestmark = pytest.mark.unit

S = "5684a236e361de8c"
CONNECTED = f"{S} smtp connected address=127.0.0.1 host=localhost"
CONNECTED6 = f"{S} smtp connected address=[::1] host=localhost"
CONNECTED_ELSEWHERE = f"{S} smtp connected address=10.0.0.2 host=app"
QUIT = f"{S} smtp disconnected reason=quit"
LOST = f"{S} smtp disconnected reason=disconnect"
MESSAGE = f"{S} smtp message msgid=1f88e688 size=233 nrcpt=1 proto=ESMTP"
INFO = "info: smtp paused"
ENVELOPE = f"{S} smtp envelope evpid=1f88e688cd2608c8 from=<app@example.com> to=<jane.roe@example.org>"


def delivery(reply: str, result: str = "Ok", recipient: str = "jane.roe@example.org") -> str:
    return (
        f"{S} mta delivery evpid=1f88e688cd2608c8 from=<app@example.com> to=<{recipient}> rcpt=<-> "
        f'source="127.0.0.1" relay="127.0.0.1 (localhost)" delay=1m2s result="{result}" stat="{reply}"'
    )


def refusal(command: str, reply: str = "501 5.1.3 Recipient address syntax error") -> str:
    return f'{S} smtp failed-command command="{command}" result="{reply}"'


def written(*lines: str, **options: object) -> str:
    """What a journal makes of the lines."""
    output = io.BytesIO()
    log = Journal(own_addresses={"127.0.0.1", "::1"}, output=output.write, clock=lambda: 1.25, **options)
    for line in lines:
        log.write(f"{line}\n".encode(), parse(line.encode()))
    log.close()
    return output.getvalue().decode()


def as_json(line: str, **options: object) -> dict:
    return json.loads(written(line, log_format="json", **options))


def masked(line: str) -> str:
    return written(line, log_addresses="masked").removesuffix("\n")


def test_plain_lines_are_those_of_opensmtpd():
    lines = (INFO, CONNECTED_ELSEWHERE, ENVELOPE, delivery("250 Ok 1"), QUIT)
    assert written(*lines) == "".join(f"{line}\n" for line in lines)


def test_a_session_of_the_health_check_is_left_out():
    assert written(INFO, CONNECTED, QUIT, INFO) == f"{INFO}\n{INFO}\n"
    assert written(CONNECTED6, QUIT) == ""


def test_a_session_of_the_health_check_is_left_out_of_json_too():
    assert written(CONNECTED, QUIT, log_format="json") == ""


@pytest.mark.parametrize(
    "lines", [(CONNECTED, MESSAGE, QUIT), (CONNECTED, LOST), (CONNECTED_ELSEWHERE, QUIT)]
)
def test_any_other_session_is_written_whole(lines):
    assert written(*lines) == "".join(f"{line}\n" for line in lines)


def test_sessions_are_told_apart():
    other = CONNECTED.replace(S, "a" * 16)
    assert written(CONNECTED, other, MESSAGE, QUIT.replace(S, "a" * 16)) == f"{CONNECTED}\n{MESSAGE}\n"


def test_a_session_that_is_open_at_the_end_is_written():
    assert written(CONNECTED) == f"{CONNECTED}\n"


def test_a_delivery_in_json_has_all_that_the_line_tells():
    assert as_json(delivery("250 Ok 0102-000000")) == {
        "time": "1970-01-01T00:00:01.250Z",
        "level": "info",
        "event": "delivery",
        "session": S,
        "queue_id": "1f88e688",
        "envelope_id": "1f88e688cd2608c8",
        "sender": "app@example.com",
        "recipient": "jane.roe@example.org",
        "original_recipient": "",
        "relay": "127.0.0.1 (localhost)",
        "delay_seconds": 62,
        "result": "ok",
        "upstream_reply": "250 Ok 0102-000000",
        "upstream_message_id": "0102-000000",
    }


def test_a_line_that_is_not_understood_is_the_message_in_json():
    assert as_json("warn: something new") == {
        "time": "1970-01-01T00:00:01.250Z",
        "level": "warning",
        "event": "log",
        "message": "warn: something new",
    }


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (INFO, "info"),
        ("warn: purge_task: opendir: Permission denied", "warning"),
        ("smtpd: bind: Address already in use", "error"),
        (CONNECTED_ELSEWHERE, "info"),
        (refusal("VRFY x"), "warning"),
        (f"{S} smtp authentication user=app result=ok", "info"),
        (f"{S} smtp authentication user=app result=permfail", "warning"),
        (f"{S} mta error reason=AUTH rejected: 535 no", "warning"),
        (delivery("250 Ok"), "info"),
        (delivery("451 later", "TempFail"), "warning"),
        (delivery("550 no", "PermFail"), "error"),
    ],
)
def test_the_level_tells_what_an_operator_should_look_at(line, level):
    assert as_json(line)["level"] == level


def test_one_event_is_one_line_of_json_whatever_it_holds():
    hostile = delivery('550 "a" \\ {"event":"delivery"} \x1b[31m \x85 \u2028 \U0001f4a9')
    lines = written(hostile, log_format="json").splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["upstream_reply"] == (
        r'550 "a" \ {"event":"delivery"} \x1b[31m \x85 \u2028 ' + "\U0001f4a9"
    )


@given(st.binary(max_size=200), st.sampled_from(["plain", "json"]), st.sampled_from(["full", "masked"]))
def test_any_line_is_written_as_one_line(line, log_format, log_addresses):
    output = io.BytesIO()
    log = Journal(log_format, log_addresses, output=output.write)
    for whole in (line, delivery("").encode() + line, refusal("").encode() + line):
        log.write(whole, parse(whole))
    lines = output.getvalue().decode().split("\n")
    assert len(lines) == 4
    assert log_format == "plain" or all(json.loads(line) for line in lines[:-1])


def test_the_relays_own_lines_say_that_they_are():
    output = io.BytesIO()
    log = Journal(output=output.write)
    log.say("info", "ready")
    log.say("warning", "not ready: no\nway", stage="auth")
    assert output.getvalue() == b"relay: ready\nrelay: warning: not ready: no\\nway\n"


def test_the_relays_own_lines_have_their_fields_in_json():
    output = io.BytesIO()
    Journal("json", "masked", output=output.write, clock=lambda: 0).say(
        "error", "refused jane@example.org", stage="auth"
    )
    assert json.loads(output.getvalue()) == {
        "time": "1970-01-01T00:00:00.000Z",
        "level": "error",
        "event": "relay",
        "message": "refused ***@example.org",
        "stage": "auth",
    }


@pytest.mark.parametrize("log_format", ["plain", "json"])
@pytest.mark.parametrize(
    "line",
    [
        ENVELOPE,
        delivery("250 Ok"),
        delivery("550 5.1.1 <jane.roe@example.org>: Recipient address rejected", "PermFail"),
        delivery("550 5.1.1 jane.roe... User unknown", "PermFail"),
        delivery("550 mailbox JANE.ROE not found", "PermFail"),
        delivery("250 Ok: queued as <1.jane.roe@example.org>"),
        delivery("250 Ok: queued as jane.roe@example.org"),
        delivery("250 Ok", recipient="bounce+jane.roe=example.net@example.org"),
        delivery("550 no").replace("rcpt=<->", "rcpt=<jane.roe@example.net>"),
        refusal("RCPT TO:<jane.roe@example.org>"),
        refusal("rcpt to: jane.roe@example.org"),
        refusal('RCPT TO:<"jane.roe"@example.org>'),
        refusal('RCPT TO:<"the jane.roe"@example.org>'),
        refusal("RCPT TO:<jane.roe>"),
        refusal("RCPT TO:<jane.roe or so@example.org> ORCPT=rfc822;jane.roe@example.org"),
        refusal("RCPT TO:<@a,@b:jane.roe@example.org>"),
        refusal("MAIL FROM:<jane.roe@example.org> SIZE=10"),
        refusal("RCPT TO:<a@b.c>", "550 Invalid recipient: <jane.roe@example.org>"),
        f"{S} smtp authentication user=jane.roe@example.org result=permfail",
        "relay: Expire for 1f88e688cd2608c8: from=<jane.roe@example.org>, to=<jane.roe@example.org>, "
        "rcpt=<jane.roe@example.org>, delay=4d, stat=Envelope expired",
        f"{S} mta error reason=AUTH rejected: 535 jane.roe@example.org has no password",
        "warn: something about jane.roe@example.org, jane.roe@example.org",
    ],
)
def test_a_masked_log_has_no_local_part(line, log_format):
    shown = written(line, log_format=log_format, log_addresses="masked")
    assert "***" in shown
    assert "jane.roe" not in shown.lower()


def test_a_masked_line_keeps_the_domain_and_the_rest():
    assert masked(ENVELOPE) == ENVELOPE.replace("app@", "***@").replace("jane.roe@", "***@")
    assert masked(f"{S} smtp authentication user=a@b.c result=ok") == (
        f"{S} smtp authentication user=***@b.c result=ok"
    )
    assert masked(refusal("RCPT TO:<a b@c.de> SIZE=1")) == refusal("RCPT TO:<***@c.de> SIZE=1")


def test_a_masked_reply_keeps_its_code():
    line = delivery("550 5.1.1 user 550 is unknown", "PermFail", recipient="550@example.org")
    assert as_json(line, log_addresses="masked")["upstream_reply"] == "550 5.1.1 user *** is unknown"


def test_a_masked_log_keeps_the_upstreams_name_of_a_message():
    line = delivery("250 2.6.0 <8f3a@mx.example.net> [InternalId=1] Queued mail for delivery")
    assert as_json(line, log_addresses="masked")["upstream_message_id"] == "8f3a@mx.example.net"


def test_a_line_without_addresses_is_the_same_when_masked():
    for line in (INFO, CONNECTED_ELSEWHERE, MESSAGE, QUIT, refusal("VRFY x"), delivery("").replace("@", "")):
        assert masked(line) == line


@pytest.mark.parametrize("line", ["a" * 200_000, "a@" * 100_000, '"' * 200_000, '"\\' * 100_000])
def test_masking_a_line_takes_time_that_grows_with_its_length_only(line):
    written(line, refusal(line), delivery(line), log_addresses="masked")


@pytest.mark.parametrize(
    "command",
    [
        "AUTH PLAIN AGFwcABzM2NyM3Q=",
        "auth  login AGFwcABzM2NyM3Q=",
        "AUTH AGFwcABzM2NyM3Q=",
        "AUTH AGFwcABzM2NyM3QAAAAAAAAA",
    ],
)
@pytest.mark.parametrize("log_format", ["plain", "json"])
def test_the_password_of_a_client_that_may_not_log_in_is_not_written(command, log_format):
    shown = written(refusal(command, "503 5.5.1 Invalid command"), log_format=log_format)
    assert "AGFwc" not in shown
    assert "503 5.5.1 Invalid command" in shown


def test_a_log_that_nobody_reads_stops_nothing():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        log = Journal(output=lambda data: os.write(writer, data))
        log.write(INFO.encode(), None)
        log.say("info", "still here")
    finally:
        os.close(writer)


def test_standard_error_gets_the_whole_line(capfd):
    Journal().say("info", "x" * 10_000)
    assert capfd.readouterr().err == f"relay: {'x' * 10_000}\n"


def test_an_event_is_named_after_its_kind():
    assert journal.event_name(type(parse(f"{S} mta error reason=x".encode()))) == "upstream_error"
