"""What the name server of the local AWS answers."""

import pytest
from dnslib import QTYPE, RCODE, DNSRecord

from local.aws.dns import reply_to
from local.aws.zones import RecordSet, Zone, quoted, text_of

pytestmark = pytest.mark.unit

_SOA = RecordSet("example.com", "SOA", 900, ("ns.example. hostmaster.example. 1 7200 900 1209600 86400",))
_ZONES = [
    Zone(
        "example.com",
        (
            _SOA,
            RecordSet("example.com", "MX", 300, ("10 mail.example.com", "20 backup.example.com")),
            RecordSet("mail.example.com", "A", 60, ("192.0.2.1", "192.0.2.2")),
            RecordSet("key._domainkey.example.com", "CNAME", 1800, ("key.dkim.amazonses.com",)),
            RecordSet("stray.example.com", "CNAME", 60, ("elsewhere.example.org",)),
            RecordSet("loop.example.com", "CNAME", 60, ("loop.example.com",)),
            RecordSet("long.example.com", "TXT", 60, ('"one;" "two\\"" "\\101"',)),
        ),
    ),
    Zone("sub.example.com", (RecordSet("sub.example.com", "A", 60, ("192.0.2.9",)),)),
    Zone("dkim.amazonses.com", (RecordSet("key.dkim.amazonses.com", "TXT", 1800, ('"p=MII"',)),)),
]


def ask(name, type_):
    """Return the reply as it is after a trip over the wire."""
    return DNSRecord.parse(reply_to(DNSRecord.question(name, type_), _ZONES).pack())


def answers(name, type_):
    return [(str(rr.rname), QTYPE[rr.rtype], rr.ttl, str(rr.rdata)) for rr in ask(name, type_).rr]


def test_every_value_of_a_record_set_is_answered_with_its_ttl():
    assert answers("mail.example.com", "A") == [
        ("mail.example.com.", "A", 60, "192.0.2.1"),
        ("mail.example.com.", "A", 60, "192.0.2.2"),
    ]


def test_an_mx_keeps_its_preference():
    assert [data for *_, data in answers("example.com", "MX")] == [
        "10 mail.example.com.",
        "20 backup.example.com.",
    ]


def test_names_have_no_case():
    assert answers("MAIL.Example.COM", "A")


def test_a_cname_is_followed_to_what_it_leads_to():
    assert answers("key._domainkey.example.com", "TXT") == [
        ("key._domainkey.example.com.", "CNAME", 1800, "key.dkim.amazonses.com."),
        ("key.dkim.amazonses.com.", "TXT", 1800, '"p=MII"'),
    ]


def test_a_cname_that_is_asked_for_is_answered_alone():
    assert [type_ for _, type_, *_ in answers("key._domainkey.example.com", "CNAME")] == ["CNAME"]


def test_a_cname_out_of_the_zones_is_answered_alone():
    assert [data for *_, data in answers("stray.example.com", "A")] == ["elsewhere.example.org."]


def test_a_cname_that_leads_to_itself_comes_to_an_end():
    assert ask("loop.example.com", "A").header.rcode == RCODE.NOERROR


def test_the_strings_of_a_txt_stay_apart():
    assert ask("long.example.com", "TXT").rr[0].rdata.data == [b"one;", b'two"', b"A"]


@pytest.mark.parametrize("name", ["nothing.example.com", "example.org"])
def test_a_name_that_is_not_there_does_not_exist(name):
    assert ask(name, "A").header.rcode == RCODE.NXDOMAIN


def test_a_name_in_a_delegated_zone_is_not_looked_up_in_the_parent():
    assert ask("x.sub.example.com", "A").auth == []
    assert answers("sub.example.com", "A")


@pytest.mark.parametrize(("name", "type_"), [("mail.example.com", "TXT"), ("_domainkey.example.com", "TXT")])
def test_a_name_without_the_type_exists_and_has_no_answer(name, type_):
    reply = ask(name, type_)
    assert (reply.header.rcode, reply.rr) == (RCODE.NOERROR, [])
    assert [QTYPE[rr.rtype] for rr in reply.auth] == ["SOA"]


def test_the_server_is_authoritative_and_does_not_recurse():
    header = ask("mail.example.com", "A").header
    assert (header.aa, header.ra) == (1, 0)


def test_a_long_text_is_quoted_in_pieces_and_read_as_one():
    value = quoted("x" * 300)
    assert value == f'"{"x" * 255}" "{"x" * 45}"'
    assert text_of(value) == "x" * 300
