"""One address at SES: an identity without a domain, and what therefore it cannot have."""

import pytest

from components import SesAddress
from components.arguments import InvalidArgument
from components.ses_address import _describe_unfollowed

from .recorder import record

pytestmark = pytest.mark.unit


def address(**args):
    def program():
        made = SesAddress("ses", {"address": "App@Example.COM", **args})
        return {
            "arn": made.arn,
            "region": made.region,
            "configuration_set": made.configuration_set,
            "configuration_set_arn": made.configuration_set_arn,
        }

    return program


def test_an_address_is_an_identity_with_a_configuration_set_and_no_dns():
    recorder, outputs = record(address())
    assert recorder.names() == [
        ("aws:ses/domainIdentityVerification:DomainIdentityVerification", "ses-verification"),
        ("aws:sesv2/configurationSet:ConfigurationSet", "ses-configuration"),
        ("aws:sesv2/emailIdentity:EmailIdentity", "ses"),
        ("opensmtpd:index:SesAddress", "ses"),
        ("opensmtpd:index:SesConfiguration", "ses-configuration"),
    ]
    assert recorder.named("ses", "EmailIdentity").inputs == {
        "emailIdentity": "App@example.com",
        "configurationSetName": "App_at_example-com",
    }
    assert outputs["region"] == "eu-west-1"
    assert outputs["configuration_set"] == "App_at_example-com"
    assert outputs["configuration_set_arn"].endswith(":configuration-set/App_at_example-com")


def test_what_does_not_depend_on_a_domain_it_can_have():
    recorder, _ = record(
        address(region="us-east-1", feedback_forwarding=False, tenant="team", verification="skip")
    )
    names = {name for _, name in recorder.names()}
    assert names >= {"ses-feedback", "ses-tenant", "ses-tenant-identity", "ses-tenant-configuration"}
    assert "ses-verification" not in names
    regional = [r for r in recorder.resources if r.type.startswith("aws:ses")]
    assert {r.inputs["region"] for r in regional} == {"us-east-1"}


def test_an_adopted_address_is_used_and_not_changed():
    recorder, outputs = record(address(adopt=True))
    assert "ses" not in [r.name for r in recorder.resources if r.type.startswith("aws:")]
    assert outputs["configuration_set"] == "theirs"


@pytest.mark.parametrize(
    "key", ["mail_from", "dmarc", "dkim", "apex_spf", "dns", "zone", "overwrite", "resolver", "without"]
)
def test_an_argument_that_needs_a_domain_is_refused(key):
    with pytest.raises(
        InvalidArgument, match=f"SesAddress: {key}: needs a domain, which SES does not verify"
    ):
        record(address(**{key: {}}))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"address": "example.com"}, "address: 'example.com' is not an address: give one such as"),
        ({"address": "a@b@example.com"}, "address: 'a@b@example.com' is not an address"),
        ({"verification": "later"}, "SesAddress: verification: 'later' is not one of wait, skip"),
        ({"adopt": True, "tenant": "team"}, "SesAddress: tenant: belongs to an identity's owner"),
        ({"region": "cn-north-1"}, "region: 'cn-north-1' is not a region with a known SES endpoint"),
        ({"tls": "optional"}, "tls: no such argument"),
        ({"policies": {"partner": "Allow"}}, "SesAddress: policies.partner: is not an IAM policy document"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(address(**args))


def test_a_verification_that_nobody_followed_says_where_the_link_is():
    text = _describe_unfollowed("app@example.com", "us-east-1")
    assert "SES in us-east-1 cannot verify app@example.com: nobody has followed the link in the mail" in text
