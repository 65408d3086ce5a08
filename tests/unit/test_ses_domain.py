"""A domain at SES: its identity, its records as data, who writes them, and what a failed verification says."""

import base64
import json

import dns.exception
import pulumi
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from components import SesDomain
from components.arguments import InvalidArgument
from components.dns import Lookup
from components.ses_domain import _describe_unmet

from .recorder import IDENTITY_ARN, record

pytestmark = pytest.mark.unit

RECORD = "aws:route53/record:Record"


def domain(write_record=None, **args):
    def program():
        made = SesDomain("ses", {"domain": "example.com", **args}, write_record=write_record)
        return {
            "arn": made.arn,
            "region": made.region,
            "records": made.dns_records,
            "snippet": made.zone_snippet,
            "mail_from": made.mail_from_domain,
            "configuration_set": made.configuration_set,
            "configuration_set_arn": made.configuration_set_arn,
        }

    return program


def written(recorder):
    return {
        (r.inputs["name"], r.inputs["type"]): r.inputs["records"]
        for r in recorder.resources
        if r.type == RECORD
    }


def pem(bits):
    key = generate_private_key(65537, bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


# Shorter than any that the library makes, and of no other use.
SHORT_KEY = """-----BEGIN RSA PRIVATE KEY-----
MIIByQIBAAJhAMHCXhhdvMArYp6fEX8Qb0oYpqo3BXhqtBsSyfuJncjhbEylTL59
0PiuQFBVKrBwM5O/OWwBUS1vbOm11XMXahKufOSF0Er7Lzzn+Go/d9wSrlArhnYn
acT7QsazYwXGLwIDAQABAmBCNSJl/RHUMH8AaKZX3svIa+f3Xdm2re9hGOh/1SRf
UffpsMoqhV90ukYrrQ5rP8snyM0f7mYLcPA+8PspC2oC3iaEBS4p2GvYid0vFnr6
45vSKWFEb/N4DBv/aFULgKECMQDgvjevga3nzNzwyVT53xCRzcIgBb8zGI17ZhpT
5irlucVl2yvvIxPR0uUSRypE9IcCMQDctP+3SoyvV/C1TZnZ+IyNyzMMnU6JvNeo
EFTrcDV3T/B2eY9MRGwsRmKOq/WVMxkCMBoJz9fUtXpawOpg2SiOEJRj+27MW6em
25WFcd1wmF2/VUCE0SVGsiAoSAQDHMGadwIwI9vkkEs0gGixW0O4c4nGjGMvcCU+
1XIxN8UvhvE8Pp5mW1l0xtd3G9pzuOqHhC5BAjAZgMTrq7VDbzpceTqZuCotAY8w
7/6ftEH1gCEtlIN2hOFBqF3Lyg/8xjDJ64jL494=
-----END RSA PRIVATE KEY-----
"""


@pytest.fixture(scope="module")
def key():
    return pem(2048)


DKIM_RECORDS = [
    (f"{token}._domainkey.example.com", "CNAME", f"{token}.dkim.amazonses.com")
    for token in ("tokenone", "tokentwo", "tokenthree")
]


def test_every_record_is_written_to_the_zone_of_the_domain():
    recorder, _ = record(domain())
    assert written(recorder) == {
        **{(name, type_): [value] for name, type_, value in DKIM_RECORDS},
        ("bounce.example.com", "MX"): ["10 feedback-smtp.eu-west-1.amazonses.com"],
        ("bounce.example.com", "TXT"): ["v=spf1 include:amazonses.com ~all"],
        ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=none"],
    }
    assert {r.inputs["zoneId"] for r in recorder.resources if r.type == RECORD} == {"Z0FOUNDBYNAME"}


def test_every_record_is_an_output_with_its_reason_whoever_writes_it():
    recorder, outputs = record(domain(dns="manual"))
    assert not written(recorder)
    assert [(r["name"], r["type"], r["value"]) for r in outputs["records"][:3]] == DKIM_RECORDS
    assert all(r["why"] and r["ttl"] == 1800 for r in outputs["records"])


def test_the_records_are_a_zone_snippet_too():
    _, outputs = record(domain(dns="manual"))
    assert "bounce.example.com. 1800 IN MX 10 feedback-smtp.eu-west-1.amazonses.com.\n" in outputs["snippet"]


def test_a_writer_of_ones_own_gets_every_record_and_replaces_route_53():
    seen = []

    class Elsewhere(pulumi.ComponentResource):
        def __init__(self, name, opts):
            super().__init__("test:index:Elsewhere", name, {}, opts)

    def write(name, entry, opts):
        seen.append((name, entry["type"]))
        return Elsewhere(name, opts)

    recorder, _ = record(domain(write_record=write))
    assert not written(recorder)
    assert seen == [
        *((f"ses-dkim-{i}", "CNAME") for i in range(3)),
        ("ses-mail-from-mx", "MX"),
        ("ses-mail-from-spf", "TXT"),
        ("ses-dmarc", "TXT"),
    ]


def test_the_zone_of_a_sub_domain_may_be_that_of_a_domain_above():
    recorder, _ = record(domain(domain="mail.eu.example.com"))
    assert {r.inputs["zoneId"] for r in recorder.resources if r.type == RECORD} == {"Z0FOUNDBYNAME"}


def test_a_domain_whose_zone_is_not_found_is_refused():
    with pytest.raises(InvalidArgument, match=r"zone: Route 53 has no public zone for 'elsewhere\.org'"):
        record(domain(domain="elsewhere.org"))


def test_a_domain_whose_own_zone_is_in_doubt_is_not_written_to_the_zone_above():
    with pytest.raises(
        InvalidArgument,
        match=r"zone: cannot be found at 'twice\.example\.com' \(.*multiple Route 53 .*\): give the zone's id",
    ):
        record(domain(domain="twice.example.com"))


def test_a_zone_that_is_named_is_used():
    recorder, _ = record(domain(zone="Z0GIVEN"))
    assert {r.inputs["zoneId"] for r in recorder.resources if r.type == RECORD} == {"Z0GIVEN"}


def test_a_zone_that_does_not_hold_the_domain_is_refused():
    with pytest.raises(
        InvalidArgument, match=r"zone: 'Z0GIVEN' is the zone 'example.com', which does not hold"
    ):
        record(domain(domain="notexample.com", zone="Z0GIVEN"))


def test_records_that_exist_are_taken_over_only_on_request():
    recorder, _ = record(domain())
    assert not [r for r in recorder.resources if r.inputs.get("allowOverwrite")]
    recorder, _ = record(domain(overwrite=True))
    assert all(r.inputs["allowOverwrite"] for r in recorder.resources if r.type == RECORD)


def test_dkim_points_into_the_zone_of_the_region():
    _, outputs = record(domain(region="eu-central-2", dns="manual"))
    assert outputs["records"][0]["value"] == "tokenone-eu-central-2.dkim.eu-central-2.amazonses.com"


def test_a_region_is_handed_to_every_regional_child():
    recorder, outputs = record(domain(region="eu-central-1"))
    assert outputs["region"] == "eu-central-1"
    regional = [r for r in recorder.resources if r.type.startswith("aws:ses")]
    assert len(regional) == 4
    assert {r.inputs["region"] for r in regional} == {"eu-central-1"}


def test_a_region_without_a_known_endpoint_is_refused_unless_its_data_are_given():
    with pytest.raises(
        InvalidArgument,
        match=r"region: 'cn-north-1' is not a region with a known SES endpoint.*give region_data",
    ):
        record(domain(region="cn-north-1"))
    data = {"smtp_host": "smtp.example", "dkim_zone": "dkim.example", "mail_from_mx": "mx.example"}
    _, outputs = record(domain(region="cn-north-1", region_data=data, dns="manual"))
    assert outputs["records"][0]["value"] == "tokenone-cn-north-1.dkim.example"


def test_mail_from_may_be_another_sub_domain_and_may_reject_without_its_mx():
    recorder, outputs = record(domain(mail_from={"domain": "mail.example.com", "on_mx_failure": "reject"}))
    assert outputs["mail_from"] == "mail.example.com"
    assert recorder.named("ses-mail-from").inputs == {
        "emailIdentity": "example.com",
        "mailFromDomain": "mail.example.com",
        "behaviorOnMxFailure": "REJECT_MESSAGE",
    }


@pytest.mark.parametrize(
    ("mail_from", "reason"),
    [
        ("example.com", "is the domain itself; name one below it"),
        ("mail.example.org", "is not below 'example.com'"),
        ("notexample.com", "is not below 'example.com'"),
    ],
)
def test_a_mail_from_that_is_not_below_the_domain_is_refused(mail_from, reason):
    with pytest.raises(InvalidArgument, match=f"mail_from.domain: '{mail_from}' {reason}"):
        record(domain(mail_from={"domain": mail_from}))


def test_the_identity_has_a_configuration_set_with_safe_defaults():
    recorder, outputs = record(domain())
    assert outputs["configuration_set"] == "example-com"
    assert outputs["configuration_set_arn"].endswith(":configuration-set/example-com")
    assert recorder.named("ses", "EmailIdentity").inputs["configurationSetName"] == "example-com"
    assert recorder.named("ses-configuration", "ConfigurationSet").inputs == {
        "configurationSetName": "example-com",
        "deliveryOptions": {"tlsPolicy": "REQUIRE"},
        "reputationOptions": {"reputationMetricsEnabled": True},
        "sendingOptions": {"sendingEnabled": True},
        "suppressionOptions": {"suppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def test_the_configuration_set_can_be_shaped():
    recorder, _ = record(
        domain(
            configuration={
                "name": "mine",
                "tls": "optional",
                "suppression": [],
                "reputation_metrics": False,
                "sending": False,
                "max_delivery_seconds": 3600,
                "managed_pool": "ours",
                "tracking": {"domain": "click.example.com", "https": "REQUIRE"},
                "vdm": True,
            },
            tags={"team": "mail"},
        )
    )
    made = recorder.named("ses-configuration", "ConfigurationSet").inputs
    assert made["deliveryOptions"] == {
        "tlsPolicy": "OPTIONAL",
        "sendingPoolName": "ours",
        "maxDeliverySeconds": 3600,
    }
    assert made["suppressionOptions"] == {"suppressedReasons": []}
    assert made["reputationOptions"] == {"reputationMetricsEnabled": False}
    assert made["sendingOptions"] == {"sendingEnabled": False}
    assert made["trackingOptions"] == {"customRedirectDomain": "click.example.com", "httpsPolicy": "REQUIRE"}
    assert made["vdmOptions"]["guardianOptions"] == {"optimizedSharedDelivery": "ENABLED"}
    assert made["tags"] == {"team": "mail"}
    assert recorder.named("ses-configuration-pool").inputs["scalingMode"] == "MANAGED"


def test_a_pool_is_made_or_named_but_not_both():
    recorder, _ = record(domain(configuration={"pool": "theirs"}))
    made = recorder.named("ses-configuration", "ConfigurationSet").inputs
    assert made["deliveryOptions"]["sendingPoolName"] == "theirs"
    assert not [name for type_, name in recorder.names() if type_.endswith("DedicatedIpPool")]
    with pytest.raises(InvalidArgument, match=r"pool \| managed_pool: give one of them at most"):
        record(domain(configuration={"pool": "theirs", "managed_pool": "ours"}))


def test_what_is_not_wanted_is_not_made():
    recorder, outputs = record(domain(without=["mail_from", "dmarc", "configuration"]))
    assert {name for _, name in recorder.names()} == {
        "ses",
        "ses-dkim-0",
        "ses-dkim-1",
        "ses-dkim-2",
        "ses-verification",
    }
    assert (outputs["mail_from"], outputs["configuration_set"], outputs["configuration_set_arn"]) == (
        "",
        "",
        "",
    )


def test_a_key_of_ones_own_is_one_record_and_secret_everywhere(key):
    recorder, outputs = record(domain(dkim={"selector": "mine", "private_key": key}))
    identity = recorder.named("ses", "EmailIdentity")
    signing = identity.inputs["dkimSigningAttributes"]
    private = load_der_private_key(base64.b64decode(signing["domainSigningPrivateKey"]), None)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
    assert signing["domainSigningSelector"] == "mine"
    assert "dkimSigningAttributes" in identity.secret
    assert [r["value"] for r in outputs["records"] if "_domainkey" in r["name"]] == [text]
    assert written(recorder)["mine._domainkey.example.com", "TXT"] == [f'{text[:255]}" "{text[255:]}']


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        (3072, "has 3072 bits: SES takes 1024 to 2048"),
        (None, "is not an unencrypted RSA private key"),
    ],
)
def test_a_key_that_ses_would_not_take_is_refused_and_not_shown(bits, message):
    given = pem(bits) if bits else "-----BEGIN NOTHING-----"
    with pytest.raises(InvalidArgument, match=message) as refused:
        record(domain(dkim={"selector": "mine", "private_key": given}))
    assert given not in str(refused.value)


def test_a_key_that_is_too_short_is_refused_and_not_shown():
    with pytest.raises(InvalidArgument, match="has 768 bits: SES takes 1024 to 2048") as refused:
        record(domain(dkim={"selector": "mine", "private_key": SHORT_KEY}))
    assert SHORT_KEY.splitlines()[1] not in str(refused.value)


def test_a_key_that_signs_in_another_region_too_is_published_there(key):
    recorder, outputs = record(domain(dkim={"selector": "mine", "private_key": key, "record": False}))
    assert ("mine._domainkey.example.com", "TXT") not in written(recorder)
    assert [r["name"] for r in outputs["records"] if "_domainkey" in r["name"]] == [
        "mine._domainkey.example.com"
    ]


def test_the_length_of_ses_own_key_can_be_chosen():
    recorder, _ = record(domain(dkim={"bits": 1024}))
    assert recorder.named("ses", "EmailIdentity").inputs["dkimSigningAttributes"] == {
        "nextSigningKeyLength": "RSA_1024_BIT"
    }


def test_a_report_address_elsewhere_adds_the_record_that_its_domain_must_publish():
    recorder, outputs = record(domain(dmarc={"p": "reject", "rua": ["dmarc@reports.example"]}))
    assert written(recorder)["_dmarc.example.com", "TXT"] == [
        "v=DMARC1; p=reject; rua=mailto:dmarc@reports.example"
    ]
    assert (outputs["records"][-1]["name"], outputs["records"][-1]["value"]) == (
        "example.com._report._dmarc.reports.example",
        "v=DMARC1",
    )
    assert ("example.com._report._dmarc.reports.example", "TXT") not in written(recorder)


def spf(includes):
    return f"v=spf1 {' '.join(f'include:{number}.example' for number in range(includes))} -all"


def test_an_spf_record_that_receivers_would_give_up_is_refused(monkeypatch):
    monkeypatch.setattr(Lookup, "shown", lambda _, name, type_: [spf(10)] if name == "example.com" else [])
    with pytest.raises(InvalidArgument, match=r"apex_spf: .* would take 11 DNS look-ups"):
        record(domain(apex_spf=True), preview=True)


def test_what_an_spf_record_includes_is_not_taken_for_absent_when_nobody_answers(monkeypatch):
    def shown(_, name, type_):
        if name == "0.example":
            raise dns.exception.Timeout
        return [spf(1)] if name == "example.com" else []

    monkeypatch.setattr(Lookup, "shown", shown)
    with pytest.raises(InvalidArgument, match=r"apex_spf: what '0\.example' says now cannot be looked up"):
        record(domain(apex_spf=True), preview=True)


def test_others_may_be_allowed_to_send_and_bounces_be_kept_from_the_sender():
    recorder, _ = record(
        domain(
            policies={"partner": '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}'},
            feedback_forwarding=False,
        )
    )
    policy = recorder.named("ses-policy-partner").inputs
    assert policy["policyName"] == "partner"
    assert json.loads(policy["policy"])["Statement"] == [{"Effect": "Deny", "Resource": IDENTITY_ARN}]
    assert recorder.named("ses-feedback").inputs["emailForwardingEnabled"] is False


def test_a_tenant_holds_identity_and_configuration_set():
    recorder, outputs = record(domain(tenant="team"))
    associated = {
        r.inputs["resourceArn"] for r in recorder.resources if r.type.endswith("TenantResourceAssociation")
    }
    assert associated == {outputs["arn"], outputs["configuration_set_arn"]}


def test_an_adopted_identity_is_used_and_not_changed():
    recorder, outputs = record(domain(adopt=True))
    assert recorder.names() == [
        ("aws:ses/domainIdentityVerification:DomainIdentityVerification", "ses-verification"),
        ("opensmtpd:index:SesDomain", "ses"),
    ]
    assert outputs["configuration_set"] == "theirs"
    assert outputs["configuration_set_arn"].endswith(":configuration-set/theirs")
    assert [(r["name"], r["type"], r["value"]) for r in outputs["records"][1:]] == DKIM_RECORDS


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
        ("aws:route53/record:Record", "ses-mail-from-mx"),
        ("aws:route53/record:Record", "ses-mail-from-spf"),
        ("aws:ses/domainIdentityVerification:DomainIdentityVerification", "ses-verification"),
        ("aws:sesv2/configurationSet:ConfigurationSet", "ses-configuration"),
        ("aws:sesv2/emailIdentity:EmailIdentity", "ses"),
        (
            "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
            "ses-mail-from",
        ),
        ("opensmtpd:index:SesConfiguration", "ses-configuration"),
        ("opensmtpd:index:SesDomain", "ses"),
    ]
    assert "arn" not in outputs


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"domain": "example"}, "domain: .*'example'"),
        ({"domain": "https://example.com"}, "domain: "),
        ({"dns": "cloudflare"}, "dns: 'cloudflare' is not one of route53, manual"),
        ({"verification": "later"}, "verification: 'later' is not one of wait, skip"),
        ({"dmarc": {"p": "strict"}}, "dmarc.p: 'strict' is unknown: use one of none, quarantine, reject"),
        ({"dmarc": {"policy": "none"}}, "SesDomain dmarc: policy: no such argument"),
        ({"dmarc": {"rua": "a@example.com"}}, "SesDomain dmarc: rua: has to be a list, not a text"),
        ({"dmarc": {"fo": ["1"]}}, "dmarc.fo: says nothing without ruf: add ruf, or leave it out"),
        ({"dmarc": {"ri": 86400}}, "dmarc.ri: says nothing without rua: add rua, or leave it out"),
        ({"dmarc": {"pct": 50}}, "dmarc.pct: 50 has no effect on p=none"),
        ({"dmarc": {"ruf": ["nope"]}}, "dmarc.ruf: 'nope' is not a mail address"),
        ({"dmarcPolicy": "none"}, "dmarcPolicy: no such argument; did you mean 'dmarc'"),
        ({"dkim": {"bits": 4096}}, "dkim.bits: 4096 is not one of 1024, 2048"),
        ({"dkim": {"selector": "mine"}}, "dkim: give selector and private_key, or bits"),
        ({"dkim": {"selector": "a.b", "private_key": "x"}}, "dkim.selector: 'a.b' is not a selector"),
        ({"dkim": {"record": False}}, "dkim.record: is about a key of yours"),
        ({"mail_from": {"on_mx_failure": "ignore"}}, "mail_from.on_mx_failure: 'ignore' is not one of"),
        ({"without": ["dkim"]}, "without: 'dkim' is not one of mail_from, dmarc, configuration"),
        ({"without": ["dmarc"], "dmarc": {"p": "none"}}, "dmarc: is given, and named in without"),
        ({"policies": {"partner": "Allow"}}, "policies.partner: is not an IAM policy document"),
        ({"adopt": True, "tenant": "team"}, "tenant: belongs to an identity's owner"),
        ({"adopt": True, "mail_from": {}}, "mail_from: belongs to an identity's owner"),
        ({"resolver": "10.0.0.53"}, "resolver: '10.0.0.53' is not an address with a port: give one such"),
        ({"configuration": {"tls": "yes"}}, "tls: 'yes' is not one of require, optional"),
        ({"configuration": {"suppression": ["SPAM"]}}, "suppression: 'SPAM' is not one of BOUNCE, COMPLAINT"),
        (
            {"configuration": {"max_delivery_seconds": 60}},
            "max_delivery_seconds: 60 is not from 300 to 50400",
        ),
        ({"configuration": {"pool": "a", "managed_pool": "b"}}, "pool | managed_pool: give one"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(domain(**args))


def unmet(*records):
    return _describe_unmet("example.com", "us-east-1", list(records))


def test_a_failed_verification_lists_what_is_missing_and_what_is_wrong():
    entry = {"name": "t._domainkey.example.com", "type": "CNAME", "value": "t.dkim.amazonses.com"}
    assert "  t._domainkey.example.com CNAME t.dkim.amazonses.com\n" in unmet((entry, []), (entry, []))
    assert "(DNS shows: other.example)" in unmet((entry, ["other.example"]))


def test_a_failed_verification_names_domain_and_region():
    entry = {"name": "bounce.example.com", "type": "MX", "value": "10 feedback-smtp.us-east-1.amazonses.com"}
    assert "SES in us-east-1 cannot verify example.com: " in unmet((entry, []))


def test_a_failed_verification_with_every_record_in_place_says_to_wait():
    assert "run `pulumi up` again in a few minutes" in unmet()
