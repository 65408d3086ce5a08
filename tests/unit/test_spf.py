"""SPF: what is there stays, and receivers can follow it."""

import pytest

from components.image.relay.invalid_setting import InvalidSetting
from components.spf import check_lookups, merged_spf

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("texts", "merged"),
    [
        ([], "v=spf1 include:amazonses.com ~all"),
        (["some-site-verification=1"], "v=spf1 include:amazonses.com ~all"),
        (["v=spf1 mx -all"], "v=spf1 mx include:amazonses.com -all"),
        (
            ["v=spf1 include:_spf.example.net ?all", "x"],
            "v=spf1 include:_spf.example.net include:amazonses.com ?all",
        ),
        (["v=spf1 mx"], "v=spf1 mx include:amazonses.com"),
        (
            ["v=spf1 mx redirect=_spf.example.net"],
            "v=spf1 mx include:amazonses.com redirect=_spf.example.net",
        ),
        (["V=SPF1 MX -ALL"], "v=spf1 MX include:amazonses.com -ALL"),
        (["v=spf1 a include:AmazonSES.com -all"], "v=spf1 a include:AmazonSES.com -all"),
    ],
)
def test_what_a_domain_says_stays_and_ses_is_added_before_the_end(texts, merged):
    assert merged_spf(texts, "amazonses.com") == merged


def test_merging_twice_changes_nothing():
    once = merged_spf(["v=spf1 mx -all"], "amazonses.com")
    assert merged_spf([once], "amazonses.com") == once


@pytest.mark.parametrize("texts", [["v=spf1 mx -all", "v=spf1 a -all"], ["v=spf1 +all"], ["v=spf1 mx all"]])
def test_a_record_that_cannot_be_made_right_is_refused(texts):
    with pytest.raises(InvalidSetting, match="cannot be merged"):
        merged_spf(texts, "amazonses.com")


ZONE = {
    "amazonses.com": ["v=spf1 ip4:199.255.192.0/22 -all"],
    "four.example": ["v=spf1 a mx a:other.example exists:%{i}.example -all"],
    "circle.example": ["v=spf1 include:circle.example -all"],
}


def look_up(name):
    return ZONE.get(name, [])


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 include:amazonses.com ip4:192.0.2.1 ip6:2001:db8::/32 -all",
        "v=spf1 include:four.example include:circle.example include:amazonses.com mx -all",
    ],
)
def test_a_record_that_receivers_can_follow_passes(record):
    check_lookups(record, look_up)


def test_the_look_ups_of_included_records_count():
    record = (
        "v=spf1 a mx ptr exists:x.example include:four.example include:amazonses.com redirect=circle.example"
    )
    with pytest.raises(InvalidSetting, match="would take 12 DNS look-ups, and receivers make at most 10"):
        check_lookups(record, look_up)
