"""The stand-in AWS plugin under the real engine, against the local AWS."""

import base64
import shlex
import socket
import subprocess
import time
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pulumi import automation

from local.aws.password import smtp_password

from .engine import UNKNOWN, engine
from .local_aws import LocalAws

pytestmark = pytest.mark.integration

_DKIM_TOKENS = 3
_ALLOWED = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}


@pytest.fixture(scope="module")
def account():
    with LocalAws() as local_aws:
        yield local_aws


@pytest.fixture(scope="module")
def config(account):
    return account.config


def policy(*statements):
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def sending_domain(domain, user):
    """A domain with all that it needs to send."""

    def program():
        zone = aws.route53.Zone("zone", name=domain)
        identity = aws.sesv2.EmailIdentity("identity", email_identity=domain, tags={"team": "mail"})
        records = [
            aws.route53.Record(
                f"dkim-{index}",
                zone_id=zone.zone_id,
                name=pulumi.Output.concat(token, "._domainkey"),
                type="CNAME",
                ttl=300,
                records=[pulumi.Output.concat(token, ".dkim.amazonses.com")],
            )
            for index in range(_DKIM_TOKENS)
            for token in [identity.dkim_signing_attributes.apply(lambda dkim, i=index: dkim["tokens"][i])]
        ]
        aws.route53.Record(
            "dmarc", zone_id=zone.zone_id, name="_dmarc", type="TXT", ttl=300, records=["v=DMARC1; p=none"]
        )
        aws.sesv2.EmailIdentityMailFromAttributes(
            "mail-from", email_identity=identity.email_identity, mail_from_domain=f"bounce.{domain}"
        )
        aws.ses.DomainIdentityVerification(
            "verified", domain=domain, opts=pulumi.ResourceOptions(depends_on=records)
        )
        sender = aws.iam.User("sender", name=user)
        allowed = {**_ALLOWED, "Resource": identity.arn}
        aws.iam.UserPolicy("send", user=sender.name, policy=policy(allowed))
        key = aws.iam.AccessKey("key", user=sender.name)
        pulumi.export("zoneId", zone.zone_id)
        pulumi.export("keyId", key.id)
        pulumi.export("secret", key.secret)
        pulumi.export("password", key.ses_smtp_password_v4)

    return program


@pytest.fixture(scope="module")
def deployed(tmp_path_factory, config):
    """A sending domain after its first update, for tests that change nothing."""
    with engine(
        tmp_path_factory.mktemp("deployed"), sending_domain("deployed.example", "sender"), config
    ) as stack:
        stack.first_preview = stack.preview()
        stack.first_up = stack.up()
        yield stack


@pytest.fixture(scope="module")
def stack_of_all(tmp_path_factory, config):
    with engine(tmp_path_factory.mktemp("stack"), lambda: None, config) as shared:
        yield shared


@pytest.fixture
def stack(stack_of_all):
    """An empty stack."""
    yield stack_of_all
    if not stack_of_all.is_empty:
        stack_of_all.destroy()


def exists(call, **arguments):
    try:
        return bool(call(**arguments))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchEntity", "NotFoundException", "NoSuchHostedZone"):
            return False
        raise


# A whole domain


def test_a_preview_shows_each_resource_and_what_is_not_known_yet(deployed):
    assert set(deployed.first_preview.changes.values()) == {"create"}
    assert len(deployed.first_preview.changes) == _DKIM_TOKENS + 8
    dkim = deployed.first_preview.step("dkim-0").inputs
    assert (dkim["zoneId"], dkim["name"], dkim["ttl"]) == (UNKNOWN, UNKNOWN, 300)


def test_an_update_creates_what_the_preview_showed(deployed, account):
    assert deployed.first_up.changes == deployed.first_preview.changes
    identity = account.client("sesv2").get_email_identity(EmailIdentity="deployed.example")
    assert identity["VerifiedForSendingStatus"]
    assert identity["MailFromAttributes"]["MailFromDomain"] == "bounce.deployed.example"
    assert {"Key": "team", "Value": "mail"} in identity["Tags"]


def test_a_text_record_is_quoted_once(deployed, account):
    sets = account.client("route53").list_resource_record_sets(HostedZoneId=deployed.outputs["zoneId"])
    (text,) = [s for s in sets["ResourceRecordSets"] if s["Type"] == "TXT"]
    assert text["ResourceRecords"] == [{"Value": '"v=DMARC1; p=none"'}]


def test_a_second_preview_changes_nothing(deployed):
    assert deployed.preview().changes == {}


def test_a_refresh_changes_nothing(deployed):
    deployed.refresh()
    assert deployed.preview().changes == {}


def test_the_password_is_that_of_the_provider_s_region(deployed, account):
    outputs = deployed.outputs
    assert outputs["password"] == smtp_password(outputs["secret"], account.account["region"])


def test_secrets_are_in_no_preview_log_or_state(deployed):
    outputs = deployed.outputs
    for secret in (outputs["secret"], outputs["password"]):
        for place in (deployed.state, deployed.first_preview.log, deployed.first_up.log):
            assert outputs["zoneId"] in deployed.state
            assert secret not in place


def test_destroying_leaves_nothing(tmp_path, config, account):
    with engine(tmp_path, sending_domain("gone.example", "gone"), config) as stack:
        stack.up()
        zone_id = stack.outputs["zoneId"]
        assert exists(account.client("iam").get_user, UserName="gone")
    assert not exists(account.client("iam").get_user, UserName="gone")
    assert not exists(account.client("route53").get_hosted_zone, Id=zone_id)
    assert not exists(account.client("sesv2").get_email_identity, EmailIdentity="gone.example")


# Changes


def test_another_domain_makes_the_new_identity_before_it_deletes_the_old_one(stack, account):
    stack.program = lambda: aws.sesv2.EmailIdentity("identity", email_identity="old.example")
    stack.up()
    stack.program = lambda: aws.sesv2.EmailIdentity("identity", email_identity="new.example")
    assert stack.preview().step("identity").changed == {"emailIdentity": "update-replace"}
    operations = [step.operation for step in stack.up().steps]
    assert operations.index("create-replacement") < operations.index("delete-replaced")
    assert not exists(account.client("sesv2").get_email_identity, EmailIdentity="old.example")


def test_a_policy_that_the_program_named_is_deleted_before_it_is_replaced(stack):
    def program(name):
        user = aws.iam.User("renamed-policy")
        aws.iam.UserPolicy("send", name=name, user=user.name, policy=policy(_ALLOWED))

    stack.program = lambda: program("first")
    stack.up()
    stack.program = lambda: program("second")
    operations = [step.operation for step in stack.up().steps]
    assert operations.index("delete-replaced") < operations.index("create-replacement")


def test_a_generated_name_stays_and_other_properties_change_in_place(stack, account):
    stack.program = lambda: pulumi.export("name", aws.iam.User("moved").name)
    stack.up()
    name = stack.outputs["name"]
    stack.program = lambda: aws.iam.User("moved", path="/mail/", tags={"team": "mail"})
    assert stack.up().changes == {"moved": "update"}
    user = account.client("iam").get_user(UserName=name)["User"]
    assert (user["Path"], user["Tags"]) == ("/mail/", [{"Key": "team", "Value": "mail"}])


def test_a_configuration_set_settles_at_once_and_serves_an_identity(stack, account):
    def program(team):
        rules = aws.sesv2.ConfigurationSet("rules", configuration_set_name="rules", tags={"team": team})
        aws.sesv2.EmailIdentity(
            "identity", email_identity="rules.example", configuration_set_name=rules.configuration_set_name
        )

    stack.program = lambda: program("mail")
    stack.up()
    assert stack.preview().changes == {}
    stack.program = lambda: program("post")
    assert stack.up().changes == {"rules": "update"}
    identity = account.client("sesv2").get_email_identity(EmailIdentity="rules.example")
    assert identity["ConfigurationSetName"] == "rules"


def test_a_key_of_one_s_own_verifies_by_its_text_record_and_stays_secret(stack, account):
    zone_id = account.create_zone("own.example")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    private = base64.b64encode(der).decode()
    public = base64.b64encode(
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()

    def program(selector):
        text = f"p={public}"
        record = aws.route53.Record(
            "key",
            zone_id=zone_id,
            name=f"{selector}._domainkey",
            type="TXT",
            ttl=60,
            records=[f'{text[:255]}" "{text[255:]}'],
        )
        identity = aws.sesv2.EmailIdentity(
            "identity",
            email_identity="own.example",
            dkim_signing_attributes={
                "domain_signing_selector": selector,
                "domain_signing_private_key": pulumi.Output.secret(private),
            },
        )
        aws.ses.DomainIdentityVerification(
            "verified",
            domain=identity.email_identity,
            opts=pulumi.ResourceOptions(
                depends_on=[record], custom_timeouts=pulumi.CustomTimeouts(create="1s")
            ),
        )
        pulumi.export("tokens", identity.dkim_signing_attributes.tokens)

    stack.program = lambda: program("first")
    log = stack.up().log
    assert stack.preview().changes == {}
    stack.program = lambda: program("second")
    assert stack.up().step("identity").operation == "update"
    assert stack.outputs["tokens"] == ["second"]
    assert private not in stack.state + log


def test_what_was_deleted_behind_its_back_is_made_again(stack, account):
    def program():
        aws.iam.User("kept", name="kept")
        aws.iam.User("lost", name="lost")

    stack.program = program
    stack.up()
    account.client("iam").delete_user(UserName="lost")
    assert stack.refresh().changes == {"lost": "delete"}
    assert stack.up().changes == {"lost": "create"}


def test_what_was_changed_behind_its_back_is_changed_back(stack, account):
    def program():
        zone = aws.route53.Zone("zone", name="drift.example")
        aws.route53.Record("mail", zone_id=zone.id, name="mail", type="A", ttl=60, records=["192.0.2.1"])
        pulumi.export("zoneId", zone.id)

    stack.program = program
    stack.up()
    record = {
        "Name": "mail.drift.example",
        "Type": "A",
        "TTL": 60,
        "ResourceRecords": [{"Value": "192.0.2.2"}],
    }
    account.client("route53").change_resource_record_sets(
        HostedZoneId=stack.outputs["zoneId"],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )
    stack.refresh()
    assert stack.preview().step("mail").changed == {"records[0]": "update"}


def test_a_resource_can_be_imported(stack, account):
    account.client("iam").create_user(UserName="adopted", Path="/mail/")
    stack.program = lambda: aws.iam.User(
        "adopted", name="adopted", path="/mail/", opts=pulumi.ResourceOptions(import_="adopted")
    )
    assert stack.up().changes == {"adopted": "import"}


def test_a_key_that_is_imported_has_no_secret(stack, account):
    iam = account.client("iam")
    iam.create_user(UserName="keyed")
    key_id = iam.create_access_key(UserName="keyed")["AccessKey"]["AccessKeyId"]

    def program():
        key = aws.iam.AccessKey("key", user="keyed", opts=pulumi.ResourceOptions(import_=key_id))
        pulumi.export("known", pulumi.Output.all(key.create_date, key.secret, key.ses_smtp_password_v4))

    stack.program = program
    assert stack.up().changes == {"key": "import"}
    created, secret, password = stack.outputs["known"]
    assert created
    assert (secret, password) == (None, None)


def test_a_zone_is_deleted_with_what_others_put_into_it_only_by_force(stack, account):
    def program(force):
        pulumi.export("zoneId", aws.route53.Zone("zone", name="full.example", force_destroy=force).zone_id)

    stack.program = lambda: program(force=False)
    stack.up()
    zone_id = stack.outputs["zoneId"]
    record = {"Name": "full.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    account.client("route53").change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )
    with pytest.raises(automation.CommandError, match=r"deleting Route53 Hosted Zone .*HostedZoneNotEmpty"):
        stack.destroy()
    stack.program = lambda: program(force=True)
    assert stack.up().changes == {"zone": "update"}
    stack.destroy()
    assert not exists(account.client("route53").get_hosted_zone, Id=zone_id)


# Refusals


def test_a_misspelt_property_fails_at_preview(stack):
    stack.program = lambda: pulumi.CustomResource("aws:iam/user:User", "sender", {"pth": "/"})
    with pytest.raises(
        automation.CommandError, match=r"Invalid or unknown key. Examine values at 'sender.pth'"
    ):
        stack.preview()


def test_a_misspelt_type_fails_at_preview(stack):
    stack.program = lambda: pulumi.CustomResource("aws:iam/usr:Usr", "sender", {})
    with pytest.raises(automation.CommandError, match=r"unrecognized resource type .*aws:iam/usr:Usr"):
        stack.preview()


def test_a_misspelt_setting_fails_at_preview(tmp_path, config):
    wrong = {**config, "aws:skipCredentialValidation": "true"}
    refused = pytest.raises(automation.CommandError, match="`aws:skipCredentialValidation` is not a config")
    with engine(tmp_path, lambda: aws.iam.User("sender"), wrong) as stack, refused:
        stack.preview()


def test_a_record_that_exists_is_only_overwritten_when_asked_for(stack, account):
    zone_id = account.create_zone("taken.example")
    record = {"Name": "taken.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    account.client("route53").change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )

    def program(allow_overwrite):
        aws.route53.Record(
            "mail",
            zone_id=zone_id,
            name="taken.example",
            type="A",
            ttl=60,
            records=["192.0.2.2"],
            allow_overwrite=allow_overwrite,
        )

    stack.program = lambda: program(allow_overwrite=None)
    with pytest.raises(
        automation.CommandError,
        match=r"creating Route53 Record: InvalidChangeBatch: Tried to create .* but it already exists",
    ):
        stack.up()
    stack.program = lambda: program(allow_overwrite=True)
    assert stack.up().changes == {"mail": "create"}


def test_a_third_key_is_an_error_and_the_two_others_work(stack, account):
    def program(keys):
        user = aws.iam.User("rotated", name="rotated")
        for number in range(keys):
            aws.iam.AccessKey(f"key-{number}", user=user.name, status="Active" if number else "Inactive")

    stack.program = lambda: program(2)
    stack.up()
    stack.program = lambda: program(3)
    with pytest.raises(
        automation.CommandError,
        match=r"creating IAM Access Key \(rotated\): operation error IAM: CreateAccessKey, .* LimitExceeded: ",
    ):
        stack.up()
    keys = account.client("iam").list_access_keys(UserName="rotated")["AccessKeyMetadata"]
    assert sorted(key["Status"] for key in keys) == ["Active", "Inactive"]


def test_the_name_of_a_deleted_secret_stays_taken_while_it_can_be_restored(stack):
    stack.program = lambda: aws.secretsmanager.Secret("secret", name="taken")
    stack.up()
    stack.destroy()
    with pytest.raises(
        automation.CommandError,
        match=r"creating Secrets Manager Secret \(taken\): .* InvalidRequestException: .*for deletion",
    ):
        stack.up()


def test_an_error_of_aws_reads_as_the_real_provider_writes_it(stack, account):
    account.client("iam").create_user(UserName="twice")
    stack.program = lambda: aws.iam.User("twice", name="twice")
    with pytest.raises(
        automation.CommandError,
        match=r"creating IAM User \(twice\): operation error IAM: CreateUser, "
        r"https response error StatusCode: 409, RequestID: .*, EntityAlreadyExists: ",
    ):
        stack.up()


def test_a_verification_without_records_fails_when_its_time_is_over_and_can_be_repeated(stack, account):
    zone_id = account.create_zone("slow.example")

    def program(with_records):
        identity = aws.sesv2.EmailIdentity("identity", email_identity="slow.example")
        records = [
            aws.route53.Record(
                f"dkim-{index}",
                zone_id=zone_id,
                name=pulumi.Output.concat(token, "._domainkey.slow.example"),
                type="CNAME",
                ttl=60,
                records=[pulumi.Output.concat(token, ".dkim.amazonses.com")],
            )
            for index in range(_DKIM_TOKENS if with_records else 0)
            for token in [identity.dkim_signing_attributes.apply(lambda dkim, i=index: dkim["tokens"][i])]
        ]
        aws.ses.DomainIdentityVerification(
            "verified",
            domain=identity.email_identity,
            opts=pulumi.ResourceOptions(
                depends_on=records, custom_timeouts=pulumi.CustomTimeouts(create="1s")
            ),
        )

    stack.program = lambda: program(with_records=False)
    with pytest.raises(
        automation.CommandError,
        match=r"creating SES Domain Identity Verification \(slow.example\): output = Pending, want Success",
    ):
        stack.up()
    stack.program = lambda: program(with_records=True)
    assert stack.up().changes == {
        **{f"dkim-{index}": "create" for index in range(_DKIM_TOKENS)},
        "verified": "create",
    }


def test_a_resource_that_could_not_be_read_back_stays_and_the_next_update_mends_it(stack):
    # Without the account's id its ARN is wrong, so reading the tags fails after the identity was made.
    stack.stack.set_config("aws:skipRequestingAccountId", automation.ConfigValue("true"))
    stack.program = lambda: aws.sesv2.EmailIdentity("identity", email_identity="half.example")
    with pytest.raises(automation.CommandError, match=r"listing tags for .* Email Identity"):
        stack.up()
    stack.stack.remove_config("aws:skipRequestingAccountId")
    assert stack.up().changes == {"identity": "update"}
    assert stack.preview().changes == {}


# Functions


def test_a_region_needs_no_account(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")

    def program():
        aws.sesv2.EmailIdentity("identity", email_identity=aws.get_region().region + ".example")

    with engine(tmp_path, program, {"aws:region": "eu-west-1"}) as stack:
        assert stack.preview().step("identity").inputs["emailIdentity"] == "eu-west-1.example"


def test_a_public_zone_is_found_by_its_name(stack, account):
    zone_id = account.create_zone("found.example")
    account.create_zone("sub.found.example")
    account.client("route53").create_hosted_zone(
        Name="found.example",
        CallerReference="private",
        HostedZoneConfig={"PrivateZone": True},
        VPC={"VPCRegion": "eu-west-1", "VPCId": "vpc-1"},
    )
    stack.program = lambda: pulumi.export("zoneId", aws.route53.get_zone_output(name="found.example").zone_id)
    stack.up()
    assert stack.outputs["zoneId"] == zone_id


def test_a_zone_that_does_not_exist_is_an_error_at_preview(stack):
    stack.program = lambda: aws.route53.get_zone(name="nowhere.example")
    with pytest.raises(automation.CommandError, match="no matching Route 53 Hosted Zone found"):
        stack.preview()


def test_an_identity_and_the_account_can_be_looked_up(deployed, tmp_path, config):
    def program():
        identity = aws.sesv2.get_email_identity(email_identity="deployed.example")
        pulumi.export("verified", identity.verified_for_sending_status)
        pulumi.export("tokens", len(identity.dkim_signing_attributes[0].tokens))
        pulumi.export("account", aws.get_caller_identity().account_id)

    with engine(tmp_path, program, config) as stack:
        stack.up()
        assert stack.outputs == {"verified": True, "tokens": _DKIM_TOKENS, "account": "123456789012"}


# The process


def test_a_plugin_does_not_outlive_an_engine_that_was_killed(tmp_path):
    plugin = Path(__file__).parents[2] / "local/plugins/bin/pulumi-resource-aws"
    engine_like = ["sh", "-c", f"{shlex.quote(str(plugin))} & wait"]
    with subprocess.Popen(engine_like, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as parent:
        port = int(parent.stdout.readline())
        assert accepts(port)
        parent.kill()
    deadline = time.monotonic() + 10
    while accepts(port):
        assert time.monotonic() < deadline, f"the plugin still serves on port {port}"
        time.sleep(0.1)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True
