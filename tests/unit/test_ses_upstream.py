"""SES as a relay's upstream: in two regions, by a private way, with a narrowed login, or for one address only."""

import json

import pulumi
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from components import MailRelay
from components.arguments import InvalidArgument

from .recorder import DKIM_TOKENS, record

pytestmark = pytest.mark.unit

EU_WEST_1_PASSWORD = "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"
US_EAST_1_PASSWORD = "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"
SECOND = {"region": "us-east-1"}
PRIVATE = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-a"], "allowed_networks": ["10.0.0.0/16"]}


@pytest.fixture(scope="module")
def key():
    made = generate_private_key(65537, 2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def relay(options=None, **ses):
    def program():
        made = MailRelay(
            "relay", {"domain": "example.com", "ses": ses, **({"options": options} if options else {})}
        )
        return {
            "dns_records": made.dns_records,
            "queues": [made.feedback_queue_url, made.fallback_feedback_queue_url],
        }

    return program


def environment(recorder):
    return dict(variable.split("=", 1) for variable in recorder.named("relay", "Container").inputs["envs"])


def statements(recorder):
    return json.loads(recorder.named("relay-smtp-sending").inputs["policy"])["Statement"]


# --- a second region


def test_one_key_has_a_password_for_each_region_and_the_relay_holds_both():
    recorder, _ = record(relay(fallback=SECOND))
    variables = environment(recorder)
    assert (variables["RELAY_HOST"], variables["RELAY_PASSWORD"]) == (
        "email-smtp.eu-west-1.amazonaws.com",
        EU_WEST_1_PASSWORD,
    )
    assert (variables["RELAY_FALLBACK_HOST"], variables["RELAY_FALLBACK_PASSWORD"]) == (
        "email-smtp.us-east-1.amazonaws.com",
        US_EAST_1_PASSWORD,
    )
    assert variables["RELAY_USER"] == variables["RELAY_FALLBACK_USER"] == "relay-smtp-key-1-id"


def test_the_login_is_good_for_identity_and_configuration_set_of_both_regions():
    recorder, _ = record(relay(fallback=SECOND))
    assert [statement["Resource"] for statement in statements(recorder)] == [
        [
            f"arn:aws:ses:{region}:123456789012:identity/example.com",
            f"arn:aws:ses:{region}:123456789012:configuration-set/example-com",
        ]
        for region in ("eu-west-1", "us-east-1")
    ]


def test_each_region_has_its_dkim_and_its_mail_from_and_dmarc_stands_once():
    recorder, outputs = record(relay(fallback=SECOND))
    shown = {(entry["name"], entry["type"]): entry["value"] for entry in outputs["dns_records"]}
    for token in DKIM_TOKENS:
        assert (f"{token}._domainkey.example.com", "CNAME") in shown
        assert (f"{token}-us-east-1._domainkey.example.com", "CNAME") in shown
    assert shown["bounce.example.com", "MX"] == "10 feedback-smtp.eu-west-1.amazonses.com"
    assert shown["bounce-us-east-1.example.com", "MX"] == "10 feedback-smtp.us-east-1.amazonses.com"
    assert [name for _, name in recorder.names() if name.endswith("-dmarc")] == ["relay-ses-dmarc"]
    assert len(outputs["dns_records"]) == len(shown) == 11


def test_a_key_of_ones_own_signs_in_both_regions_and_is_published_once(key):
    dkim = {"selector": "mine", "private_key": key}
    recorder, outputs = record(relay(dkim=dkim, fallback=SECOND))
    signing = [
        recorder.named(name, "EmailIdentity").inputs["dkimSigningAttributes"]
        for name in ("relay-ses", "relay-fallback")
    ]
    assert signing[0] == signing[1]
    assert [name for _, name in recorder.names() if name.endswith("-dkim")] == ["relay-ses-dkim"]
    names = [entry["name"] for entry in outputs["dns_records"]]
    assert names.count("mine._domainkey.example.com") == 1


def test_the_second_region_is_set_up_as_the_first_unless_it_says_otherwise():
    first = {
        "configuration": {"tls": "optional"},
        "mail_from": {"domain": "a.example.com", "on_mx_failure": "reject"},
        "dns": "manual",
        "timeout": 60,
        "tags": {"team": "mail"},
        "dkim": {"bits": 1024},
    }
    recorder, _ = record(relay(**first, fallback={**SECOND, "mail_from": {"domain": "b.example.com"}}))
    identity = recorder.named("relay-fallback", "EmailIdentity").inputs
    assert identity["region"] == "us-east-1"
    assert identity["tags"] == {"team": "mail"}
    assert identity["dkimSigningAttributes"] == {"nextSigningKeyLength": "RSA_1024_BIT"}
    made = recorder.named("relay-fallback-configuration", "ConfigurationSet").inputs
    assert made["deliveryOptions"] == {"tlsPolicy": "OPTIONAL"}
    mail_from = recorder.named("relay-fallback-mail-from").inputs
    assert (mail_from["mailFromDomain"], mail_from["behaviorOnMxFailure"]) == (
        "b.example.com",
        "REJECT_MESSAGE",
    )
    assert not [r for r in recorder.resources if r.type == "aws:route53/record:Record"]


def test_an_identity_that_exists_in_the_second_region_can_be_adopted():
    recorder, _ = record(
        relay(configuration={"tls": "optional"}, dkim={"bits": 1024}, fallback={**SECOND, "adopt": True})
    )
    made = [name for type_, name in recorder.names() if name.startswith("relay-fallback")]
    assert made == ["relay-fallback-verification", "relay-fallback"]


def test_the_relay_keeps_to_the_smaller_rate_of_two():
    recorder, _ = record(relay(max_rate=50, fallback={**SECOND, "max_rate": 14}))
    assert environment(recorder)["OPENSMTPD_MAX_RATE"] == "14"
    recorder, _ = record(relay(fallback={**SECOND, "max_rate": 14}))
    assert environment(recorder)["OPENSMTPD_MAX_RATE"] == "14"


def test_each_region_can_have_its_own_feedback():
    recorder, outputs = record(relay(feedback={}, fallback={**SECOND, "feedback": {"daily_quota": 200}}))
    assert [url.rpartition("/")[2] for url in outputs["queues"]] == [
        "relay-feedback",
        "relay-fallback-feedback",
    ]
    assert recorder.named("relay-fallback-feedback", "Topic").inputs["region"] == "us-east-1"
    assert ("aws:cloudwatch/metricAlarm:MetricAlarm", "relay-fallback-feedback-quota") in recorder.names()


def test_everything_of_both_regions_shows_in_a_first_preview():
    ses = {"endpoint": PRIVATE, "fallback": {**SECOND, "feedback": {}}}
    previewed, _ = record(relay(**ses), preview=True)
    applied, _ = record(relay(**ses))
    assert previewed.names() == applied.names()


def test_no_password_of_either_region_is_a_plain_input():
    recorder, _ = record(relay(fallback=SECOND))
    for resource in recorder.resources:
        plain = json.dumps({k: v for k, v in resource.inputs.items() if k not in resource.secret})
        assert EU_WEST_1_PASSWORD not in plain
        assert US_EAST_1_PASSWORD not in plain


def test_a_writer_of_ones_own_gets_the_records_of_both_regions():
    seen = []

    def write(name, entry, opts):
        seen.append(name)
        return pulumi.ComponentResource("test:index:Elsewhere", name, {}, opts)

    args = {"domain": "example.com", "ses": {"fallback": SECOND}}
    recorder, _ = record(lambda: MailRelay("relay", args, write_record=write) and None)
    assert {"relay-ses-dkim-0", "relay-ses-dmarc", "relay-fallback-dkim-0"} < set(seen)
    assert not [r for r in recorder.resources if r.type == "aws:route53/record:Record"]


# --- the way there


def test_with_an_endpoint_the_relay_takes_it_under_the_name_of_the_certificate():
    recorder, _ = record(relay(port=2587, tags={"team": "mail"}, endpoint=PRIVATE))
    assert environment(recorder)["RELAY_HOST"] == "email-smtp.eu-west-1.amazonaws.com"
    (rule,) = recorder.named("relay-endpoint", "SecurityGroup").inputs["ingress"]
    assert (rule["fromPort"], rule["toPort"]) == (2587, 2587)
    assert recorder.named("relay-endpoint", "VpcEndpoint").inputs["tags"] == {"team": "mail"}
    assert "Condition" not in statements(recorder)[0]


def test_without_private_dns_the_relay_takes_the_name_that_leads_there():
    recorder, _ = record(relay(host="smtp.vpc.example", endpoint={**PRIVATE, "private_dns": False}))
    assert environment(recorder)["RELAY_HOST"] == "smtp.vpc.example"
    assert recorder.named("relay-endpoint", "VpcEndpoint").inputs["privateDnsEnabled"] is False


def test_an_exclusive_endpoint_is_the_only_way_for_the_login():
    recorder, _ = record(
        relay(
            endpoint={**PRIVATE, "exclusive": True},
            credentials={"conditions": {"from_addresses": ["*@example.com"]}},
            fallback=SECOND,
        )
    )
    first, second = statements(recorder)
    assert first["Condition"]["StringEquals"] == {"aws:SourceVpce": "vpce-0123"}
    assert second["Condition"] == {"StringLike": {"ses:FromAddress": ["*@example.com"]}}


def test_the_login_can_be_narrowed_bounded_and_copied():
    recorder, _ = record(
        relay(
            tags={"team": "mail"},
            credentials={
                "path": "/mail/",
                "copy": {"store": "ssm"},
                "sandbox_recipients": ["me@example.net"],
            },
        )
    )
    user = recorder.named("relay-smtp", "User").inputs
    assert (user["path"], user["tags"]) == ("/mail/", {"team": "mail"})
    assert statements(recorder)[0]["Resource"][-1].endswith(":identity/me@example.net")
    assert recorder.named("relay-smtp-copy", "Parameter")


def test_fips_is_another_endpoint_where_one_is_known():
    recorder, _ = record(relay(region="us-east-1", fips=True))
    assert environment(recorder)["RELAY_HOST"] == "email-smtp-fips.us-east-1.amazonaws.com"
    with pytest.raises(InvalidArgument, match="fips: no FIPS endpoint is known in 'eu-west-1'"):
        record(relay(fips=True))
    recorder, _ = record(relay(fips=True, region_data={"fips_smtp_host": "fips.example.com"}))
    assert environment(recorder)["RELAY_HOST"] == "fips.example.com"


def test_on_a_port_of_ses_where_tls_comes_first_the_relay_begins_with_it():
    for port, proto in ((None, "smtp+tls"), (2587, "smtp+tls"), (465, "smtps"), (2465, "smtps")):
        recorder, _ = record(relay(**({"port": port} if port else {})))
        variables = environment(recorder)
        assert (variables["RELAY_PORT"], variables["RELAY_PROTO"]) == (str(port or 587), proto)


def test_a_port_that_clouds_close_is_warned_of(caplog):
    record(relay(port=25))
    assert "port: 25 is slow or closed in EC2" in caplog.text


def test_an_endpoint_of_ones_own_may_listen_on_any_port():
    recorder, _ = record(relay(host="ses.example.com", port=32000))
    variables = environment(recorder)
    assert (variables["RELAY_HOST"], variables["RELAY_PORT"]) == ("ses.example.com", "32000")


def test_what_is_said_about_a_region_counts_for_the_relay_too():
    data = {"smtp_host": "smtp.example.com", "dkim_zone": "dkim.example", "mail_from_mx": "mx.example"}
    recorder, _ = record(relay(region="cn-north-1", region_data=data))
    assert environment(recorder)["RELAY_HOST"] == "smtp.example.com"


# --- one address


def test_one_address_is_all_that_the_login_may_send_from_and_needs_no_dns():
    recorder, outputs = record(relay(address="app@example.com"))
    assert recorder.named("relay-ses", "EmailIdentity").inputs["emailIdentity"] == "app@example.com"
    assert statements(recorder)[0]["Resource"] == [
        "arn:aws:ses:eu-west-1:123456789012:identity/app@example.com",
        "arn:aws:ses:eu-west-1:123456789012:configuration-set/app_at_example-com",
    ]
    assert outputs["dns_records"] == []
    assert environment(recorder)["OPENSMTPD_ALLOWED_SENDER_DOMAINS"] == "example.com"


def test_an_address_can_be_verified_in_a_second_region_too():
    recorder, _ = record(relay(address="app@example.com", fallback=SECOND))
    second = recorder.named("relay-fallback", "EmailIdentity").inputs
    assert (second["emailIdentity"], second["region"]) == ("app@example.com", "us-east-1")


@pytest.mark.parametrize(
    ("ses", "message"),
    [
        ({"fallback": {}}, "MailRelay ses fallback: region: is missing"),
        (
            {"fallback": {"region": "eu-west-1"}},
            "fallback: region: 'eu-west-1' is the first one: name another",
        ),
        ({"fallback": {"region": "cn-north-1"}}, "region: 'cn-north-1' is not a region with a known SES"),
        ({"region": "eu-central-2"}, "region: no SMTP endpoint is known in 'eu-central-2'"),
        ({"port": 443}, "SES: port: SES does not listen on 443: use 587"),
        ({"port": 443, "endpoint": PRIVATE}, "SES: port: SES does not listen on 443"),
        (
            {"fallback": {**SECOND, "mail_from": {"domain": "Bounce.example.com"}}},
            "fallback: mail_from.domain: 'Bounce.example.com' is the first region's",
        ),
        (
            {"fallback": {**SECOND, "mail_from": {"domain": "bounce.example.org"}}},
            "mail_from.domain: 'bounce.example.org' is not below 'example.com'",
        ),
        ({"fallback": {**SECOND, "dmarc": {"p": "none"}}}, "MailRelay ses fallback: dmarc: no such argument"),
        ({"fallback": {**SECOND, "generation": 2}}, "MailRelay ses fallback: generation: no such argument"),
        ({"fips": True, "endpoint": PRIVATE}, "MailRelay ses: fips: does not go with endpoint"),
        ({"endpoint": {**PRIVATE, "exlusive": True}}, "exlusive: no such argument; did you mean 'exclusive'"),
        (
            {"endpoint": {**PRIVATE, "private_dns": False}},
            r"MailRelay ses endpoint: private_dns: without it SES's name leads to the public endpoint.*ses\.host",
        ),
        ({"endpoint": {"vpc_id": "vpc-1"}}, "MailRelay ses endpoint: subnet_ids: is missing"),
        ({"credentials": {"generation": 2}}, "MailRelay ses credentials: generation: no such argument"),
        ({"address": "app@example.org"}, "'app@example.org' is not an address of the domain 'example.com'"),
        ({"address": "app"}, "MailRelay ses: address: 'app' is not an address"),
        ({"address": "app@example.com", "dmarc": {"p": "none"}}, "SesAddress: dmarc: needs a domain"),
        (
            {"address": "app@example.com", "fallback": {**SECOND, "mail_from": {}}},
            "SesAddress: mail_from: needs a domain",
        ),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(ses, message):
    with pytest.raises(InvalidArgument, match=message):
        record(relay(**ses))


@pytest.mark.parametrize(
    ("ses", "message"),
    [
        ({"mail_from": {"domain": "example.com"}}, "mail_from.domain: 'example.com' is the domain itself"),
        ({"mail_from": {"domain": "bounce.example.org"}}, "mail_from.domain: .* is not below 'example.com'"),
        ({"dmarc": {"p": "none", "pct": 50}}, "dmarc.pct: 50 has no effect on p=none"),
        ({"dmarc": {"rua": ["dmarc@"]}}, "dmarc.rua: 'dmarc@' is not a mail address"),
        ({"region": "cn-north-1"}, "region: 'cn-north-1' is not a region with a known SES endpoint"),
        ({"dkim": {"selector": "a.b", "private_key": "PEM"}}, "dkim.selector: 'a.b' is not a selector"),
        ({"dkim": {"selector": "mine", "private_key": "PEM"}}, "dkim.private_key: is not an unencrypted RSA"),
        ({"credentials": {"conditions": {"recipients": []}}}, "recipients: is empty and denies every"),
        ({"zone": "Z0GIVEN"}, "zone: 'Z0GIVEN' is the zone 'example.org', which does not hold"),
    ],
)
def test_what_cannot_work_is_refused_before_there_is_anything(ses, message, monkeypatch):
    monkeypatch.setattr("tests.unit.recorder._GIVEN_ZONE", "example.org")
    with pytest.raises(InvalidArgument, match=message):
        record(relay(**ses), preview=True)


def test_a_selector_of_the_first_region_is_not_used_for_another_key(key):
    dkim = {"selector": "mine", "private_key": key}
    with pytest.raises(InvalidArgument, match=r"fallback: dkim\.selector: 'mine' is the first region's"):
        record(relay(dkim=dkim, fallback={**SECOND, "dkim": dkim}))


def test_there_is_one_fallback_only():
    with pytest.raises(InvalidArgument, match=r"options.fallback: ses has a fallback already"):
        record(relay(fallback=SECOND, options={"fallback": {"host": "mail.example.net"}}))


def test_the_region_may_be_an_output():
    recorder, _ = record(lambda: relay(fallback={"region": pulumi.Output.from_input("us-east-1")})())
    assert environment(recorder)["RELAY_FALLBACK_HOST"] == "email-smtp.us-east-1.amazonaws.com"
