"""DNS records as data: as text for a zone file, in strings that DNS takes, and looked up again."""

import dns.rrset
import pytest

from components.dns import Lookup, _as_values, route53_text, txt_strings, zone_snippet

pytestmark = pytest.mark.unit

TEXT = {"name": "t.example.com", "type": "TXT", "value": 'say "x" \\', "ttl": 60, "why": "because"}


def test_a_long_text_is_split_where_dns_must_have_it():
    strings = txt_strings("a" * 255 + "b" * 255 + "c")
    assert [len(text) for text in strings] == [255, 255, 1]
    assert "".join(strings) == "a" * 255 + "b" * 255 + "c"


def test_a_zone_snippet_says_why_each_record_is_there():
    mx = {"name": "b.example.com", "type": "MX", "value": "10 mx.example", "ttl": 1800, "why": "bounces"}
    assert zone_snippet([mx]) == "; bounces\nb.example.com. 1800 IN MX 10 mx.example.\n"


def test_a_text_in_a_zone_snippet_is_quoted_and_split():
    assert zone_snippet([TEXT]).splitlines()[1] == 't.example.com. 60 IN TXT "say \\"x\\" \\\\"'
    assert zone_snippet([TEXT | {"value": "a" * 256}]).count('" "') == 1


def test_a_text_for_route_53_is_escaped_as_it_reads_it():
    assert route53_text("a" * 256) == "a" * 255 + '" "a'
    assert route53_text('say "x" \\ \xff') == 'say \\"x\\" \\\\ \\377'


def test_octets_that_are_no_character_are_kept():
    answer = dns.rrset.from_text("t.example.com.", 60, "IN", "TXT", r'"\255" "\195\164"')
    (text,) = _as_values(answer)
    assert route53_text(text) == r"\377\303\244"


def test_a_server_that_does_not_answer_shows_no_record():
    lookup = Lookup("127.0.0.1:9")
    lookup._resolver.lifetime = 0.1
    assert lookup.unmet([TEXT]) == [(TEXT, [])]


MX = {"name": "bounce.example.com", "type": "MX", "value": "10 feedback-smtp.eu-west-1.amazonses.com"}
SPF = {"name": "bounce.example.com", "type": "TXT", "value": "v=spf1 include:amazonses.com ~all"}


@pytest.mark.parametrize(
    ("record", "shown", "met"),
    [
        (MX, ["10 Feedback-SMTP.eu-west-1.amazonses.com"], True),
        (MX, ["10 feedback-smtp.us-east-1.amazonses.com"], False),
        (MX, [MX["value"], "20 mail.example.com"], False),
        (SPF, ["site-verification=1", SPF["value"]], True),
        (SPF, ["v=spf1 include:amazonses.com"], False),
        (SPF, [SPF["value"], "v=spf1 -all"], False),
    ],
)
def test_a_record_that_another_spoils_is_not_met(record, shown, met, monkeypatch):
    monkeypatch.setattr(Lookup, "values", lambda *_: shown)
    assert Lookup("127.0.0.1:9").unmet([record]) == ([] if met else [(record, shown)])
