"""DMARC: what a policy becomes in DNS, and what contradicts itself."""

import pytest

from components.dmarc import dmarc_value, report_authorisations
from components.image.relay.invalid_setting import InvalidSetting

pytestmark = pytest.mark.unit


def test_without_a_word_receivers_only_report():
    assert dmarc_value({}) == "v=DMARC1; p=none"


def test_every_tag_has_its_place():
    policy = {
        "ri": 43200.0,
        "ruf": ["f@example.com"],
        "rua": ["a@example.com", "mailto:b@example.com!10m"],
        "fo": ["1", "d"],
        "aspf": "r",
        "adkim": "s",
        "pct": 25,
        "sp": "none",
        "p": "quarantine",
    }
    assert dmarc_value(policy) == (
        "v=DMARC1; p=quarantine; sp=none; pct=25; adkim=s; aspf=r; "
        "rua=mailto:a@example.com,mailto:b@example.com!10m; ruf=mailto:f@example.com; fo=1:d; ri=43200"
    )


def test_a_share_of_mail_may_be_that_of_the_sub_domains():
    assert dmarc_value({"sp": "reject", "pct": 50}) == "v=DMARC1; p=none; sp=reject; pct=50"


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"p": "block"}, "dmarc.p"),
        ({"sp": "block"}, "dmarc.sp"),
        ({"adkim": "strict"}, "dmarc.adkim"),
        ({"p": "reject", "pct": 0}, "dmarc.pct"),
        ({"p": "reject", "pct": 101}, "dmarc.pct"),
        ({"p": "reject", "pct": True}, "dmarc.pct"),
        ({"p": "reject", "pct": "50"}, "dmarc.pct"),
        ({"p": "none", "pct": 50}, "dmarc.pct"),
        ({"p": "none", "sp": "none", "pct": 50}, "dmarc.pct"),
        ({"rua": ["not an address"]}, "dmarc.rua"),
        ({"rua": ["https://example.com/report"]}, "dmarc.rua"),
        ({"rua": ["a@example.com,b@example.com"]}, "dmarc.rua"),
        ({"fo": ["1"]}, "dmarc.fo"),
        ({"fo": ["2"], "ruf": ["a@example.com"]}, "dmarc.fo"),
        ({"ri": 86400}, "dmarc.ri"),
    ],
)
def test_what_no_receiver_can_follow_is_refused_by_its_name(policy, field):
    with pytest.raises(InvalidSetting) as refused:
        dmarc_value(policy)
    assert refused.value.field == field


def test_a_domain_of_ones_own_need_not_agree_to_get_reports():
    policy = {
        "rua": ["a@example.com", "a@mail.example.com"],
        "ruf": ["a@reports.example", "b@REPORTS.example"],
    }
    assert report_authorisations(policy, "example.com") == ["example.com._report._dmarc.reports.example"]
    assert report_authorisations(policy, "mail.example.com") == [
        "mail.example.com._report._dmarc.reports.example"
    ]
