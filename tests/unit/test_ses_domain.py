"""A domain at SES: its records as data, who writes them, and what a failed verification says."""

import pytest

from components import SesDomain
from components.arguments import InvalidArgument
from components.ses_domain import _describe_missing

from .recorder import record

pytestmark = pytest.mark.unit


def domain(**args):
    def program():
        made = SesDomain("ses", {"domain": "example.com", **args})
        return {"arn": made.arn, "region": made.region, "records": made.dns_records}

    return program


DKIM_RECORDS = [
    (f"{token}._domainkey.example.com", "CNAME", f"{token}.dkim.amazonses.com")
    for token in ("tokenone", "tokentwo", "tokenthree")
]


def test_the_three_dkim_records_and_dmarc_are_written_to_the_zone_of_the_domain():
    recorder, _ = record(domain())
    written = [r.inputs for r in recorder.resources if r.type == "aws:route53/record:Record"]
    assert sorted((r["name"], r["type"], r["records"][0]) for r in written) == sorted(
        [*DKIM_RECORDS, ("_dmarc.example.com", "TXT", "v=DMARC1; p=none")]
    )
    assert {r["zoneId"] for r in written} == {"Z0FOUNDBYNAME"}


def test_every_record_is_an_output_with_its_reason_whoever_writes_it():
    recorder, outputs = record(domain(dns="manual"))
    assert not [r for r in recorder.resources if r.type == "aws:route53/record:Record"]
    assert [(r["name"], r["type"], r["value"]) for r in outputs["records"][:3]] == DKIM_RECORDS
    assert all(r["why"] and r["ttl"] == 1800 for r in outputs["records"])


def test_a_zone_that_is_named_is_not_looked_up():
    recorder, _ = record(domain(zone="Z0GIVEN"))
    assert {r.inputs["zoneId"] for r in recorder.resources if r.type == "aws:route53/record:Record"} == {
        "Z0GIVEN"
    }


def test_dkim_points_into_the_zone_of_the_region():
    _, outputs = record(domain(region="eu-central-2", dns="manual"))
    assert outputs["records"][0]["value"] == "tokenone.dkim.eu-central-2.amazonses.com"


def test_a_region_is_handed_to_every_regional_child():
    recorder, outputs = record(domain(region="eu-central-1"))
    assert outputs["region"] == "eu-central-1"
    assert recorder.named("ses", "EmailIdentity").inputs["region"] == "eu-central-1"
    assert recorder.named("ses-verification").inputs["region"] == "eu-central-1"


def test_a_region_without_a_known_endpoint_is_refused():
    with pytest.raises(
        InvalidArgument, match="region: 'cn-north-1' is not a region with a known SES endpoint"
    ):
        record(domain(region="cn-north-1"))


def test_verification_can_be_skipped():
    recorder, _ = record(domain(verification="skip"))
    assert "ses-verification" not in [r.name for r in recorder.resources]


def test_every_child_shows_in_a_preview_in_which_the_tokens_are_unknown():
    recorder, outputs = record(domain(), preview=True)
    assert recorder.names() == [
        ("aws:route53/record:Record", "ses-dkim-0"),
        ("aws:route53/record:Record", "ses-dkim-1"),
        ("aws:route53/record:Record", "ses-dkim-2"),
        ("aws:route53/record:Record", "ses-dmarc"),
        ("aws:ses/domainIdentityVerification:DomainIdentityVerification", "ses-verification"),
        ("aws:sesv2/emailIdentity:EmailIdentity", "ses"),
        ("opensmtpd:index:SesDomain", "ses"),
    ]
    assert outputs == {}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"domain": "example"}, "domain: .*'example'"),
        ({"domain": "https://example.com"}, "domain: "),
        ({"dns": "cloudflare"}, "dns: 'cloudflare' is not one of route53, manual"),
        ({"verification": "later"}, "verification: 'later' is not one of wait, skip"),
        ({"dmarc": "strict"}, "dmarc: 'strict' is not one of none, quarantine, reject"),
        ({"dmarcPolicy": "none"}, "dmarcPolicy: no such argument; did you mean 'dmarc'"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(domain(**args))


def test_a_failed_verification_lists_the_missing_records():
    record_ = {"name": "t._domainkey.example.com", "type": "CNAME", "value": "t.dkim.amazonses.com"}
    assert "t._domainkey.example.com CNAME t.dkim.amazonses.com" in _describe_missing([record_])


def test_a_failed_verification_with_every_record_in_place_says_to_wait():
    assert "run `pulumi up` again in a few minutes" in _describe_missing([])
