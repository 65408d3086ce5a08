"""The components for SES under the real engine, against the local AWS: all that a domain can be asked for."""

import json
import smtplib
import ssl

import dns.resolver
import pulumi
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pulumi import automation

from components import SesAccount, SesAddress, SesDomain, SmtpCredentials
from local.aws.zones import text_of

from .engine import engine
from .local_aws import LocalAws

pytestmark = pytest.mark.integration

DOMAIN = "mail.rich.example"
ZONE = "rich.example"


@pytest.fixture(scope="module")
def account():
    with LocalAws() as local_aws:
        local_aws.create_zone(ZONE)
        yield local_aws


@pytest.fixture(scope="module")
def config(account):
    return account.config


@pytest.fixture(scope="module")
def resolver(account):
    return f"{account.account['dns']['address']}:{account.account['dns']['port']}"


@pytest.fixture(scope="module")
def key():
    made = generate_private_key(65537, 2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def shown(account, name, type_):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [account.account["dns"]["address"]], account.account["dns"]["port"]
    answer = resolver.resolve(name, type_, search=False)
    if type_ == "TXT":
        return sorted(b"".join(data.strings).decode("latin-1") for data in answer)
    return [data.to_text().rstrip(".") for data in answer]


@pytest.fixture(scope="module")
def made(tmp_path_factory, config, resolver, key):
    """A sub-domain with a key of its own and everything else that can be asked for, and what was seen of its making."""

    def program():
        domain = SesDomain(
            "ses",
            {
                "domain": DOMAIN,
                "dkim": {"selector": "ours", "private_key": key},
                "mail_from": {"on_mx_failure": "reject"},
                "dmarc": {"p": "quarantine", "pct": 20, "rua": [f"dmarc@{ZONE}"]},
                "configuration": {"max_delivery_seconds": 3600, "suppression": ["COMPLAINT"]},
                "feedback_forwarding": False,
                "tenant": "team",
                "policies": {
                    "partner": json.dumps(
                        {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                                    "Action": "ses:SendEmail",
                                }
                            ],
                        }
                    )
                },
                "resolver": resolver,
                "timeout": 30,
            },
        )
        SmtpCredentials(
            "smtp",
            {
                "identity_arn": domain.arn,
                "configuration_set_arn": domain.configuration_set_arn,
                "region": domain.region,
                "conditions": {"from_addresses": [f"*@{DOMAIN}"]},
                "path": "/mail/",
                "copy": {"store": "secretsmanager"},
            },
        )
        pulumi.export("records", domain.dns_records)
        pulumi.export("mailFrom", domain.mail_from_domain)

    with engine(tmp_path_factory.mktemp("rich"), program, config) as stack:
        yield stack, f"{stack.preview()}{stack.up()}"


@pytest.fixture(scope="module")
def rich(made):
    """The stack of that sub-domain."""
    return made[0]


def test_a_key_of_ones_own_verifies_the_domain_in_the_zone_above_it(rich, account):
    identity = account.client("sesv2").get_email_identity(EmailIdentity=DOMAIN)
    assert identity["VerificationStatus"] == "SUCCESS"
    assert identity["DkimAttributes"]["SigningAttributesOrigin"] == "EXTERNAL"


def test_every_record_that_is_an_output_stands_in_dns(rich, account):
    for record in rich.outputs["records"]:
        assert record["value"] in shown(account, record["name"], record["type"])


def test_the_mail_from_domain_is_found_right(rich, account):
    identity = account.client("sesv2").get_email_identity(EmailIdentity=DOMAIN)
    assert identity["MailFromAttributes"] == {
        "MailFromDomain": f"bounce.{DOMAIN}",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }


def test_a_second_update_changes_nothing(rich):
    assert rich.up().changes == {}


def test_a_refresh_finds_nothing_to_change(rich):
    assert rich.refresh().changes == {}


def test_the_private_key_is_nowhere_in_plain_text(made, key):
    stack, seen = made
    body = "".join(key.splitlines()[1:-1])
    assert "dkimSigningAttributes" in seen
    assert body[:64] not in seen
    assert body[:64] not in stack.state.replace("\\n", "")


def test_a_third_key_is_refused_in_the_preview(tmp_path, config, account):
    generation = 1

    def program():
        SmtpCredentials(
            "smtp",
            {
                "identity_arn": "arn:aws:ses:eu-west-1:123456789012:identity/rich.example",
                "region": "eu-west-1",
                "generation": generation,
            },
        )

    with engine(tmp_path, program, config) as stack:
        stack.up()
        (user,) = [
            user["UserName"] for user in account.client("iam").list_users()["Users"] if user["Path"] == "/"
        ]
        extra = account.client("iam").create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        generation = 2
        with pytest.raises(automation.CommandError, match=f"has 2 already .*{extra}"):
            stack.preview()
        account.client("iam").delete_access_key(UserName=user, AccessKeyId=extra)
        assert stack.up().changes == {"smtp-key-2": "create", "smtp-key-1": "delete"}


def test_a_copy_in_the_parameter_store_is_by_the_key_and_follows_a_rotation(tmp_path, config, account):
    arns = [
        f"arn:aws:ses:{region}:123456789012:identity/rich.example" for region in ("eu-west-1", "us-east-1")
    ]
    kms_key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    ssm = account.client("ssm")
    generation = 1

    def program():
        login = SmtpCredentials(
            "smtp",
            {
                "identity_arn": arns[0],
                "region": "eu-west-1",
                "more_identities": [{"identity_arn": arns[1], "region": "us-east-1"}],
                "copy": {"store": "ssm", "kms_key": kms_key},
                "generation": generation,
            },
        )
        pulumi.export("user", login.user)
        pulumi.export("passwords", login.passwords)

    def updated_user(stack):
        """The user name after an update, which the copy has too, with the passwords of both regions."""
        stack.up()
        (described,) = ssm.describe_parameters()["Parameters"]
        assert (described["Type"], described["KeyId"]) == ("SecureString", kms_key)
        kept = ssm.get_parameter(Name=described["Name"], WithDecryption=True)["Parameter"]["Value"]
        user, passwords = (stack.outputs[name] for name in ("user", "passwords"))
        assert json.loads(kept) == {
            "user": user,
            "password": passwords["eu-west-1"],
            "region": "eu-west-1",
            "passwords": passwords,
        }
        return user

    with engine(tmp_path, program, config) as stack:
        before = updated_user(stack)
        generation = 2
        assert updated_user(stack) != before
        assert stack.up().changes == {}


def test_the_spf_record_of_the_domain_itself_keeps_what_it_says(tmp_path, config, account, resolver):
    zone = account.create_zone("apex.example")
    # As Route 53 has them: longer than one string can be, with quotes in it, and no text at all.
    others = ['"site-verification=1"', f'"{"a" * 255}" "{"b" * 45}"', r'"say \"x\" \\ y"', r'"\377\303\244"']
    records = [{"Value": value} for value in [*others, '"v=spf1 mx -all"']]
    change = {
        "Action": "CREATE",
        "ResourceRecordSet": {"Name": "apex.example", "Type": "TXT", "TTL": 60, "ResourceRecords": records},
    }
    account.client("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [change]}
    )
    after = sorted([*map(text_of, others), "v=spf1 mx include:amazonses.com -all"])

    def program():
        SesDomain(
            "ses",
            {
                "domain": "apex.example",
                "apex_spf": True,
                "resolver": resolver,
                "without": ["mail_from", "configuration"],
            },
        )

    with engine(tmp_path, program, config) as stack:
        stack.up()
        assert shown(account, "apex.example", "TXT") == after
        assert stack.up().changes == {}
        stack.destroy()
        assert shown(account, "apex.example", "TXT") == after


def test_several_domains_in_one_program_are_each_verified_and_have_a_login_each(
    tmp_path, config, account, resolver
):
    domains = ["a-b.several.example", "a.b.several.example"]
    account.create_zone("several.example")

    def program():
        for name, domain in zip(("one", "two"), domains, strict=True):
            made = SesDomain(name, {"domain": domain, "resolver": resolver, "timeout": 30})
            login = SmtpCredentials(
                f"{name}-smtp",
                {
                    "identity_arn": made.arn,
                    "configuration_set_arn": made.configuration_set_arn,
                    "region": made.region,
                },
            )
            pulumi.export(f"{name}User", login.user)
            pulumi.export(f"{name}Set", made.configuration_set)

    with engine(tmp_path, program, config) as stack:
        stack.up()
        for domain in domains:
            identity = account.client("sesv2").get_email_identity(EmailIdentity=domain)
            assert identity["VerifiedForSendingStatus"]
            assert identity["DkimAttributes"]["CurrentSigningKeyLength"] == "RSA_2048_BIT"
        assert stack.outputs["oneUser"] != stack.outputs["twoUser"]
        assert (stack.outputs["oneSet"], stack.outputs["twoSet"]) == (
            "a--b-several-example",
            "a-b-several-example",
        )
        assert stack.up().changes == {}


def test_an_adopted_identity_is_used_and_stays_when_the_stack_goes(tmp_path, config, account, resolver, rich):
    def program():
        domain = SesDomain("ses", {"domain": DOMAIN, "adopt": True, "resolver": resolver, "timeout": 30})
        pulumi.export("configurationSet", domain.configuration_set)

    with engine(tmp_path, program, config) as stack:
        assert set(stack.up().changes) == {"ses", "ses-verification"}
        assert stack.outputs["configurationSet"] == "mail-rich-example"
        stack.destroy()
    assert account.client("sesv2").get_email_identity(EmailIdentity=DOMAIN)["VerifiedForSendingStatus"]


def test_an_identity_that_exists_is_to_be_adopted_or_imported(tmp_path, config, account, rich):
    def program():
        SesDomain("ses", {"domain": DOMAIN, "dns": "manual", "without": ["configuration"]})

    with engine(tmp_path, program, config) as stack, pytest.raises(automation.CommandError) as failed:
        stack.up()
    assert f"SES in eu-west-1 has an identity {DOMAIN} already: use it as it is with `adopt`" in str(
        failed.value
    )


def test_a_replica_that_signs_with_the_key_of_another_region_is_adopted_without_records(
    tmp_path, config, account, resolver
):
    account.create_zone("replicated.example")
    shared = {"domain": "replicated.example", "resolver": resolver, "timeout": 30}

    def first():
        SesDomain("first", {**shared, "without": ["dmarc", "mail_from", "configuration"]})

    def both():
        first()
        second = {**shared, "region": "us-east-1", "adopt": True, "without": ["dmarc"]}
        pulumi.export("records", SesDomain("second", second).dns_records)

    with engine(tmp_path, first, config) as stack:
        stack.up()
        account.client("sesv2", "us-east-1").create_email_identity(
            EmailIdentity="replicated.example",
            DkimSigningAttributes={"DomainSigningAttributesOrigin": "AWS_SES_EU_WEST_1"},
        )
        stack.program = both
        assert stack.up().changes == {"second": "create", "second-verification": "create"}
        assert stack.outputs["records"] == []


def test_a_verification_that_fails_in_another_region_names_its_records_and_a_wrong_mail_from(
    tmp_path, config, account, resolver
):
    zone = account.create_zone("elsewhere.example")

    def program():
        SesDomain(
            "ses",
            {
                "domain": "elsewhere.example",
                "region": "us-east-1",
                "dns": "manual",
                "resolver": resolver,
                "timeout": 2,
            },
        )

    def publish(name, type_, value):
        change = {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": name,
                "Type": type_,
                "TTL": 60,
                "ResourceRecords": [{"Value": value}],
            },
        }
        account.client("route53").change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [change]}
        )

    # Right, wrong (of another region), and right but with a second one beside it.
    publish("_dmarc.elsewhere.example", "TXT", '"v=DMARC1; p=none"')
    publish("bounce.elsewhere.example", "MX", "10 feedback-smtp.eu-west-1.amazonses.com")
    publish("bounce.elsewhere.example", "TXT", '"v=spf1 include:amazonses.com ~all"')
    with engine(tmp_path, program, config) as stack:
        with pytest.raises(automation.CommandError) as failed:
            stack.up()
        identity = account.client("sesv2", "us-east-1").get_email_identity(EmailIdentity="elsewhere.example")
        text = str(failed.value)
        assert "SES in us-east-1 cannot verify elsewhere.example" in text
        for token in identity["DkimAttributes"]["Tokens"]:
            assert f"{token}._domainkey.elsewhere.example CNAME {token}.dkim.amazonses.com" in text
        assert (
            "bounce.elsewhere.example MX 10 feedback-smtp.us-east-1.amazonses.com   "
            "(DNS shows: 10 feedback-smtp.eu-west-1.amazonses.com)"
        ) in text
        assert "_dmarc.elsewhere.example TXT" not in text
        assert "bounce.elsewhere.example TXT" not in text


def test_an_address_sends_once_its_owner_has_followed_the_link_and_is_all_that_may_send(
    tmp_path, config, account, rich
):
    address = f"owner@{DOMAIN}"

    def program():
        made = SesAddress("ses", {"address": address, "timeout": 2})
        login = SmtpCredentials(
            "smtp",
            {
                "identity_arn": made.arn,
                "configuration_set_arn": made.configuration_set_arn,
                "region": made.region,
            },
        )
        pulumi.export("user", login.user)
        pulumi.export("password", login.password)

    def send(sender):
        smtp = account.account["smtp"]
        with smtplib.SMTP(smtp["address"], smtp["starttls"], timeout=20) as client:
            client.starttls(context=ssl.create_default_context(cafile=account.account["ca"]))
            client.login(stack.outputs["user"], stack.outputs["password"])
            client.sendmail(sender, ["someone@example.net"], f"From: {sender}\r\n\r\nHello\r\n".encode())

    with engine(tmp_path, program, config) as stack:
        with pytest.raises(
            automation.CommandError, match=f"SES in eu-west-1 cannot verify {address}: nobody"
        ):
            stack.up()
        account.confirm(address)
        stack.up()
        send(address)
        # The domain itself is verified too, by another stack.
        with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
            send(f"other@{DOMAIN}")
        assert stack.up().changes == {}
        stack.refresh()
        assert stack.preview().changes == {}


def test_an_account_suppresses_and_watches_as_it_is_told_and_is_watched_no_more_afterwards(
    tmp_path, config, account
):
    def program(**args):
        SesAccount("account", {"region": "us-east-1", **args})

    def settings():
        found = account.client("sesv2", "us-east-1").get_account()
        return found["SuppressionAttributes"]["SuppressedReasons"], found["VdmAttributes"]["VdmEnabled"]

    with engine(tmp_path, lambda: program(vdm=True), config) as stack:
        assert set(stack.up().changes) == {"account", "account-suppression", "account-vdm"}
        assert settings() == (["BOUNCE", "COMPLAINT"], "ENABLED")
        assert stack.refresh().changes == {}
        assert stack.up().changes == {}
        stack.program = lambda: program(vdm=False, suppression=["COMPLAINT"])
        assert stack.up().changes == {"account-suppression": "update", "account-vdm": "update"}
        assert settings() == (["COMPLAINT"], "DISABLED")
        stack.program = lambda: program(vdm=True, suppression=["COMPLAINT"])
        assert stack.up().changes == {"account-vdm": "update"}
    # A list of suppressed addresses has no default to go back to: AWS's provider leaves it as it is.
    assert settings() == (["COMPLAINT"], "DISABLED")
