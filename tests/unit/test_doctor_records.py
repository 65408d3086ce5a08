"""What the doctor concludes about DNS."""

import pytest

from components.doctor import records
from components.doctor.finding import FINE, UNKNOWN, WRONG, Finding
from components.doctor.records import judge, judge_policy

pytestmark = pytest.mark.unit

DMARC = {
    "name": "_dmarc.example.com",
    "type": "TXT",
    "value": "v=DMARC1; p=none",
    "ttl": 300,
    "why": "DMARC: why",
}
SPF = DMARC | {
    "name": "bounce.example.com",
    "value": "v=spf1 include:amazonses.com ~all",
    "why": "SPF: why",
}
MX = SPF | {"type": "MX", "value": "10 feedback-smtp.eu-west-1.amazonses.com", "why": "MAIL FROM: why"}


def test_a_record_that_dns_shows_is_fine_and_called_after_what_it_is_for():
    assert judge(DMARC, [DMARC["value"]]) == Finding("DMARC TXT _dmarc.example.com", FINE, "v=DMARC1; p=none")


@pytest.mark.parametrize(("shown", "seen"), [([], "no such record"), (["other"], "other")])
def test_a_record_that_dns_does_not_show_is_wrong_and_to_be_published(shown, seen):
    finding = judge(DMARC, shown)
    assert (finding.state, finding.seen) == (WRONG, seen)
    assert "v=DMARC1; p=none" in finding.advice


@pytest.mark.parametrize(
    ("record", "other"),
    [
        (DMARC, "v=DMARC1;p=reject"),
        (SPF, "v=spf1 -all"),
        (MX, "10 mx.example.com"),
    ],
)
def test_a_second_one_where_only_one_may_stand_is_wrong_and_to_be_removed(record, other):
    finding = judge(record, [record["value"], other])
    assert finding.state == WRONG
    assert finding.advice.startswith(f"remove {other!r}")


def test_other_texts_at_the_same_name_do_no_harm():
    assert judge(SPF, [SPF["value"], "site-verification=1"]).state == FINE


def test_the_case_of_a_host_does_not_count():
    assert judge(MX, [MX["value"].upper()]).state == FINE


def test_a_domain_without_a_policy_of_the_stack_has_that_of_a_domain_above():
    finding = judge_policy(
        "mail.example.com", {"mail.example.com": [], "example.com": ["v=DMARC1; p=reject"]}
    )
    assert (finding.state, finding.seen) == (FINE, "v=DMARC1; p=reject (of example.com)")


def test_a_domain_without_any_policy_is_wrong():
    finding = judge_policy("example.com", {"example.com": ["unrelated"]})
    assert finding.state == WRONG
    assert "v=DMARC1; p=none" in finding.advice


def test_two_policies_are_wrong():
    shown = {"example.com": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}
    assert judge_policy("example.com", shown).state == WRONG


def test_dns_that_does_not_answer_is_not_checked(monkeypatch):
    monkeypatch.setattr("components.dns._LOOKUP_SECONDS", 0.1)
    findings = records.look([SPF], ["example.com"], "127.0.0.1:9")
    assert [finding.state for finding in findings] == [UNKNOWN, UNKNOWN]
    assert "does not answer" in findings[0].seen
