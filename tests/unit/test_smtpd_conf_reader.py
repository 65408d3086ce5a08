"""The reader that says whether a configuration is open sees what is open."""

import pytest

from tests.smtpd_conf_reader import strangers_may_relay

pytestmark = pytest.mark.unit

CLOSED = """\
table t_networks { "10.0.0.0/8", "fd00::/8" }
table t_senders { "(?i)@example\\.com$" }
table t_null_sender { "^@$" }
listen on "0.0.0.0" port 587 tls-require pki "p" auth <t_logins> hostname "relay"
action "a_relay" relay host "smtp+tls://relay@smtp.example.com:587" auth <t_credentials> helo "relay"
match from src <t_networks> mail-from regex <t_senders> for any action "a_relay"
match from socket mail-from regex <t_senders> for any action "a_relay"
match from socket mail-from regex <t_null_sender> for any action "a_relay"
match from auth mail-from regex <t_senders> for any action "a_relay"
"""


def test_a_closed_relay_is_closed():
    assert strangers_may_relay(CLOSED) == []


@pytest.mark.parametrize(
    ("closed", "opened"),
    [
        ("from src <t_networks>", "from any"),
        ("from src <t_networks>", "from src <t_unknown>"),
        ("from src <t_networks> mail-from regex <t_senders>", "from src <t_networks>"),
        (
            "from src <t_networks> mail-from regex <t_senders>",
            "from src <t_networks> mail-from regex <t_null_sender>",
        ),
        ("10.0.0.0/8", "0.0.0.0/0"),
        ("10.0.0.0/8", "10.0.0.0/7"),
        ("fd00::/8", "::/0"),
        ("(?i)@example\\.com$", "@"),
        ("(?i)@example\\.com$", "@example\\.com"),
        ("(?i)@example\\.com$", "example\\.com$"),
        (" auth <t_logins>", ""),
        (" tls-require", ""),
        ('helo "relay"', 'helo "relay"\nmatch from any for any action "a_relay"'),
        ('helo "relay"', 'helo "relay"\ninclude "/etc/other.conf"'),
        ('helo "relay"', 'helo "rel"ay"'),
    ],
)
def test_an_open_relay_is_open(closed: str, opened: str):
    assert closed in CLOSED
    assert strangers_may_relay(CLOSED.replace(closed, opened, 1))


def test_any_sender_may_be_asked_for():
    anybody = CLOSED.replace("(?i)@example\\.com$", "@")
    assert strangers_may_relay(anybody, any_sender=True) == []
    assert strangers_may_relay(anybody.replace("src <t_networks>", "any"), any_sender=True)
