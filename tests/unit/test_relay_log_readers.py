"""All that reads OpenSMTPD's log, on lines of any kind: if one of them failed, mail would stop behind a full log."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.image.relay.events import parse
from components.image.relay.journal import Journal
from components.image.relay.metrics import Metrics
from components.image.relay.readiness import Readiness
from components.image.relay.settings import Upstream

pytestmark = pytest.mark.unit

S = "5684a236e361de8c"
PREFIXES = [
    "",
    f"{S} smtp failed-command command=",
    f"{S} smtp authentication user=",
    f"{S} mta error reason=",
    f"{S} mta error reason=AUTH rejected: ",
    f"{S} mta error reason=IO Error: ",
    f"{S} mta delivery evpid=1f88e688cd2608c8 from=<app@example.com> to=<someone@example.org> rcpt=<-> "
    'source="-" relay="localhost" delay=1s result="PermFail" stat="',
    f"smtp-out: Error on session {S} after 2 messages sent: ",
    "smtp-out: ",
    "relay: Expire for ",
]
WORDS = st.sampled_from(
    [
        '"',
        '" result="',
        "550 5.1.1 ",
        "²²² ",
        "٣٣٣ ",
        "a@b.c",
        "<@>",
        "\x00",
        "\x1b",
        "\ud800",
        "554 Message rejected",
    ]
)


@given(
    st.sampled_from(PREFIXES),
    st.lists(WORDS | st.text(max_size=8), max_size=8).map("".join),
    st.sampled_from(["", '"']),
    st.sampled_from(["plain", "json"]),
    st.sampled_from(["full", "masked"]),
)
@example(f"{S} mta error reason=AUTH rejected: ", "²²² no", "", "plain", "full")
def test_no_line_makes_any_reader_of_the_log_fail(prefix, rest, suffix, log_format, log_addresses):
    line = f"{prefix}{rest}{suffix}".encode("utf-8", "surrogatepass")
    event = parse(line)
    Journal(log_format, log_addresses, {"127.0.0.1"}, output=lambda _: None).write(line, event)
    Metrics(("primary",)).observe(event)
    Readiness({"primary": Upstream("smtp.example.com")}, 900, lambda *_: None, lambda *_: None).observe(event)
