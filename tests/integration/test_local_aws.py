"""What the local AWS promises: it decides as the real one does."""

import itertools
import json
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.exception
import dns.resolver
import pytest
from botocore.exceptions import ClientError

from local.aws.password import smtp_password
from tests.integration.local_aws import LocalAws

pytestmark = pytest.mark.integration

_REGION = "eu-west-1"
_OTHER_REGION = "us-east-1"
_FAST = 1_000_000  # recipients per second: so that only the tests of the rate meet it


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), more_regions=[_OTHER_REGION]) as aws:
        yield aws


@pytest.fixture
def aws(running: LocalAws) -> LocalAws:
    running.set_limits(max_send_rate=_FAST)
    return running


class Sender:
    """A domain with its zone and identity, and a user who may send from it."""

    _numbers = itertools.count()

    def __init__(self, aws: LocalAws):
        self._aws = aws
        self.domain = f"sender{next(self._numbers)}.example"
        self.user = self.domain.replace(".", "-")
        self.zone = aws.create_zone(self.domain)
        self.ses, self.iam = aws.client("sesv2"), aws.client("iam")
        identity = self.ses.create_email_identity(EmailIdentity=self.domain)
        self.tokens = identity["DkimAttributes"]["Tokens"]
        self.dkim_zone = identity["DkimAttributes"]["SigningHostedZone"]
        self.iam.create_user(UserName=self.user)
        self.key = self.iam.create_access_key(UserName=self.user)["AccessKey"]
        self.allow([self.arn(f"identity/{self.domain}")])

    def arn(self, resource: str) -> str:
        return f"arn:aws:ses:{_REGION}:123456789012:{resource}"

    def allow(self, resources: list[str], **statement: Any) -> None:
        statements = [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": resources, **statement}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.iam.put_user_policy(UserName=self.user, PolicyName="send", PolicyDocument=policy)

    def change_records(self, action: str, tokens: list[str] | None = None) -> None:
        changes = [
            change(action, f"{token}._domainkey.{self.domain}", "CNAME", f"{token}.{self.dkim_zone}")
            for token in tokens or self.tokens
        ]
        self._aws.client("route53").change_resource_record_sets(
            HostedZoneId=self.zone, ChangeBatch={"Changes": changes}
        )

    def verified(self) -> bool:
        return self.ses.get_email_identity(EmailIdentity=self.domain)["VerifiedForSendingStatus"]

    def log_in(self, password: str | None = None) -> smtplib.SMTP:
        session = connect(self._aws)
        session.login(
            self.key["AccessKeyId"], password or smtp_password(self.key["SecretAccessKey"], _REGION)
        )
        return session

    def send(
        self,
        headers: str = "",
        sender: str | None = None,
        recipients: list[str] | None = None,
        from_: str | None = None,
    ) -> dict[str, Any]:
        address = f"app@{self.domain}"
        message = f"From: {from_ or address}\r\n{headers}Subject: hello\r\n\r\nA line.\r\n..dots\r\n"
        with self.log_in() as session:
            return session.sendmail(
                sender or address, recipients or ["to@recipient.example"], message.encode()
            )


@pytest.fixture
def pending(aws: LocalAws) -> Sender:
    return Sender(aws)


@pytest.fixture
def sender(pending: Sender) -> Sender:
    pending.change_records("CREATE")
    return pending


def change(action: str, name: str, type_: str, *values: str, ttl: int = 300) -> dict[str, Any]:
    records = [{"Value": value} for value in values]
    return {
        "Action": action,
        "ResourceRecordSet": {"Name": name, "Type": type_, "TTL": ttl, "ResourceRecords": records},
    }


def connect(aws: LocalAws, region: str = _REGION) -> smtplib.SMTP:
    smtp = aws.account["regions"][region]["smtp"]
    session = smtplib.SMTP(smtp["host"], smtp["starttls"], timeout=10)
    session.starttls(context=ssl.create_default_context(cafile=aws.account["ca"]))
    return session


def refusal(caught: pytest.ExceptionInfo[smtplib.SMTPResponseException]) -> tuple[int, str]:
    return caught.value.smtp_code, caught.value.smtp_error.decode()


# --- login


def test_a_login_with_the_derived_password_is_accepted(sender: Sender) -> None:
    assert sender.log_in().noop()[0] == 250


def test_a_login_over_implicit_tls_is_accepted(aws: LocalAws, sender: Sender) -> None:
    smtp = aws.account["smtp"]
    context = ssl.create_default_context(cafile=aws.account["ca"])
    with smtplib.SMTP_SSL(smtp["host"], smtp["tls"], timeout=10, context=context) as session:
        code, _ = session.login(
            sender.key["AccessKeyId"], smtp_password(sender.key["SecretAccessKey"], _REGION)
        )
    assert code == 235


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
def test_both_mechanisms_log_in(aws: LocalAws, sender: Sender, mechanism: str) -> None:
    session = connect(aws)
    session.ehlo()
    session.user = sender.key["AccessKeyId"]
    session.password = smtp_password(sender.key["SecretAccessKey"], _REGION)
    code, _ = session.auth(mechanism.removeprefix("auth_").upper(), getattr(session, mechanism))
    assert code == 235


def test_a_password_for_another_region_is_refused(sender: Sender) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        sender.log_in(smtp_password(sender.key["SecretAccessKey"], "us-east-1"))
    assert refusal(caught) == (535, "Authentication Credentials Invalid")


def test_the_secret_key_itself_is_no_password(sender: Sender) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        sender.log_in(sender.key["SecretAccessKey"])


def test_the_user_name_is_no_login(aws: LocalAws, sender: Sender) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        connect(aws).login(sender.user, smtp_password(sender.key["SecretAccessKey"], _REGION))


def test_an_inactive_key_is_refused_until_it_is_active_again(sender: Sender) -> None:
    key = {"UserName": sender.user, "AccessKeyId": sender.key["AccessKeyId"]}
    sender.iam.update_access_key(**key, Status="Inactive")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        sender.log_in()
    sender.iam.update_access_key(**key, Status="Active")
    sender.log_in()


def test_a_deleted_key_is_refused(sender: Sender) -> None:
    sender.iam.delete_access_key(UserName=sender.user, AccessKeyId=sender.key["AccessKeyId"])
    with pytest.raises(smtplib.SMTPAuthenticationError):
        sender.log_in()


@pytest.mark.parametrize("command", ["AUTH PLAIN AGEAYg==", "MAIL FROM:<a@b.example>"])
def test_nothing_is_said_over_plaintext(aws: LocalAws, command: str) -> None:
    smtp = aws.account["smtp"]
    with smtplib.SMTP(smtp["host"], smtp["starttls"], timeout=10) as session:
        session.ehlo()
        code, text = session.docmd(command)
    assert (code, text) == (530, b"Must issue a STARTTLS command first")


def test_mail_without_a_login_is_refused(aws: LocalAws) -> None:
    with connect(aws) as session:
        session.ehlo()
        assert session.mail("app@sender.example") == (530, b"Authentication required")


def test_tls_below_1_2_is_refused(aws: LocalAws) -> None:
    context = ssl.create_default_context(cafile=aws.account["ca"])
    with pytest.deprecated_call():
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    smtp = aws.account["smtp"]
    with pytest.raises(ssl.SSLError), socket.create_connection((smtp["address"], smtp["tls"])) as plain:
        context.wrap_socket(plain, server_hostname=smtp["host"])


def test_another_host_name_fails_the_certificate_check(aws: LocalAws) -> None:
    context = ssl.create_default_context(cafile=aws.account["ca"])
    smtp = aws.account["smtp"]
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection((smtp["address"], smtp["tls"])) as plain,
    ):
        context.wrap_socket(plain, server_hostname="elsewhere.example")


# --- messages


def test_an_accepted_message_lies_in_the_mailbox_byte_for_byte(aws: LocalAws, sender: Sender) -> None:
    body = b"Subject: bytes\r\n\r\n.dot\r\n..\r\ntrailing space \r\n8 bit \xe2\x82\xac\r\n\r\n"
    message = f"From: app@{sender.domain}\r\n".encode() + body
    with sender.log_in() as session:
        session.sendmail(f"bounce@{sender.domain}", ["a@x.example", "b@y.example"], message)
    delivery = aws.messages()[-1]
    assert delivery.content == message
    assert (delivery.sender, delivery.recipients) == (
        f"bounce@{sender.domain}",
        ("a@x.example", "b@y.example"),
    )
    assert delivery.received.startswith("from ")


def test_the_reply_names_the_message_in_the_mailbox(aws: LocalAws, sender: Sender) -> None:
    with sender.log_in() as session:
        session.mail(f"app@{sender.domain}")
        session.rcpt("to@recipient.example")
        code, reply = session.data(f"From: app@{sender.domain}\r\n\r\n")
    ok, message_id = reply.decode().split()
    assert (code, ok) == (250, "Ok")
    assert message_id in aws.messages()[-1].path.name
    assert message_id in aws.messages()[-1].received


def test_a_subdomain_of_a_verified_domain_may_send(sender: Sender) -> None:
    address = f"app@news.{sender.domain}"
    assert sender.send(sender=address, from_=address) == {}


def test_a_sender_in_a_domain_without_identity_is_refused(sender: Sender) -> None:
    with pytest.raises(smtplib.SMTPDataError) as caught:
        sender.send(from_="Someone <x@stranger.example>")
    assert refusal(caught) == (
        554,
        "Message rejected: Email address is not verified. The following identities failed the check in region "
        "EU-WEST-1: x@stranger.example",
    )


def test_an_envelope_sender_without_identity_is_refused(sender: Sender) -> None:
    with pytest.raises(smtplib.SMTPDataError, match=r"identities failed the check.*: x@stranger\.example"):
        sender.send(sender="x@stranger.example")


def test_an_empty_envelope_sender_is_refused(sender: Sender) -> None:
    with sender.log_in() as session:
        session.ehlo()
        assert session.mail("") == (501, b"Invalid MAIL FROM address provided")


def test_a_recipient_without_a_domain_is_refused(sender: Sender) -> None:
    with sender.log_in() as session:
        session.mail(f"app@{sender.domain}")
        assert session.rcpt("postmaster") == (501, b"Invalid RCPT TO address provided")


def test_a_domain_that_ends_alike_is_another_one(sender: Sender) -> None:
    with pytest.raises(smtplib.SMTPDataError, match="not verified"):
        sender.send(from_=f"x@not{sender.domain}")


def test_an_identity_that_is_pending_may_not_send(pending: Sender) -> None:
    with pytest.raises(smtplib.SMTPDataError, match="not verified"):
        pending.send()


def test_a_user_without_a_policy_is_denied(sender: Sender) -> None:
    sender.iam.delete_user_policy(UserName=sender.user, PolicyName="send")
    with pytest.raises(smtplib.SMTPDataError) as caught:
        sender.send()
    assert refusal(caught) == (
        554,
        f"Access denied: User `arn:aws:iam::123456789012:user/{sender.user}' is not authorized to perform "
        f"`ses:SendRawEmail' on resource `{sender.arn(f'identity/{sender.domain}')}'",
    )


def test_an_attached_policy_allows_as_an_inline_one_does(sender: Sender) -> None:
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send*", "Resource": "*"}]}
    )
    policy = sender.iam.create_policy(PolicyName=sender.user, PolicyDocument=document)["Policy"]
    sender.iam.delete_user_policy(UserName=sender.user, PolicyName="send")
    sender.iam.attach_user_policy(UserName=sender.user, PolicyArn=policy["Arn"])
    assert sender.send() == {}


def test_a_policy_condition_on_the_sender_is_kept(sender: Sender) -> None:
    condition = {"StringLike": {"ses:FromAddress": f"noreply@{sender.domain}"}}
    sender.allow([sender.arn(f"identity/{sender.domain}")], Condition=condition)
    assert sender.send(from_=f"noreply@{sender.domain}") == {}
    with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
        sender.send(from_=f"ceo@{sender.domain}")


@pytest.mark.parametrize(
    ("condition", "from_", "recipients", "accepted"),
    [
        ({"StringEquals": {"ses:FromDisplayName": "Shop"}}, "Shop <{}>", ["to@recipient.example"], True),
        ({"StringEquals": {"ses:FromDisplayName": "Shop"}}, "Bank <{}>", ["to@recipient.example"], False),
        ({"ForAllValues:StringLike": {"ses:Recipients": "*@a.example"}}, "{}", ["x@a.example"], True),
        (
            {"ForAllValues:StringLike": {"ses:Recipients": "*@a.example"}},
            "{}",
            ["x@a.example", "y@b.example"],
            False,
        ),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, "{}", ["to@recipient.example"], True),
        ({"StringEquals": {"aws:SourceVpce": "vpce-2"}}, "{}", ["to@recipient.example"], False),
    ],
)
def test_policy_conditions_decide(
    aws: LocalAws,
    sender: Sender,
    condition: dict[str, Any],
    from_: str,
    recipients: list[str],
    accepted: bool,
) -> None:
    aws.set_limits(max_send_rate=_FAST, vpc_endpoints={"127.0.0.1": "vpce-1"})
    sender.allow([sender.arn(f"identity/{sender.domain}")], Condition=condition)

    def send() -> None:
        sender.send(from_=from_.format(f"app@{sender.domain}"), recipients=recipients)

    if accepted:
        send()
    else:
        with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
            send()


def test_a_policy_of_the_identity_lets_a_user_in_and_keeps_one_out(sender: Sender) -> None:
    def put(effect: str) -> None:
        statement = {
            "Effect": effect,
            "Principal": {"AWS": f"arn:aws:iam::123456789012:user/{sender.user}"},
            "Action": "ses:SendRawEmail",
            "Resource": sender.arn(f"identity/{sender.domain}"),
        }
        call = (
            sender.ses.update_email_identity_policy
            if effect == "Deny"
            else sender.ses.create_email_identity_policy
        )
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        call(EmailIdentity=sender.domain, PolicyName="direct", Policy=policy)

    sender.iam.delete_user_policy(UserName=sender.user, PolicyName="send")
    put("Allow")
    assert sender.send() == {}
    sender.allow([sender.arn(f"identity/{sender.domain}")])
    put("Deny")
    with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
        sender.send()


def test_a_permissions_boundary_limits_what_the_policies_allow(sender: Sender) -> None:
    def policy(name: str, action: str) -> str:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        created = sender.iam.create_policy(PolicyName=f"{sender.user}-{name}", PolicyDocument=document)
        return created["Policy"]["Arn"]

    wide, narrow = policy("wide", "ses:*"), policy("narrow", "s3:*")
    sender.iam.put_user_permissions_boundary(UserName=sender.user, PermissionsBoundary=wide)
    assert sender.send() == {}
    sender.iam.put_user_permissions_boundary(UserName=sender.user, PermissionsBoundary=narrow)
    user = sender.iam.get_user(UserName=sender.user)["User"]
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == narrow
    with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
        sender.send()


def test_a_configuration_set_that_is_switched_off_stops_its_mail(sender: Sender) -> None:
    name = sender.user
    sender.ses.create_configuration_set(ConfigurationSetName=name, SendingOptions={"SendingEnabled": False})
    sender.ses.put_email_identity_configuration_set_attributes(
        EmailIdentity=sender.domain, ConfigurationSetName=name
    )
    sender.allow(["*"])
    with pytest.raises(
        smtplib.SMTPDataError, match=f"554.*Sending is disabled for configuration set <{name}>"
    ):
        sender.send()
    sender.ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=True)
    assert sender.send() == {}


def test_a_condition_that_is_not_emulated_is_named_and_does_not_let_the_message_pass(sender: Sender) -> None:
    condition = {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}
    sender.allow([sender.arn(f"identity/{sender.domain}")], Condition=condition)
    with pytest.raises(smtplib.SMTPDataError, match=r"451.*'DateLessThan' is not emulated"):
        sender.send()


def test_the_configuration_set_of_the_identity_has_to_be_allowed_too(sender: Sender) -> None:
    name = sender.user
    sender.ses.create_configuration_set(ConfigurationSetName=name)
    sender.ses.put_email_identity_configuration_set_attributes(
        EmailIdentity=sender.domain, ConfigurationSetName=name
    )
    configuration_set = sender.arn(f"configuration-set/{name}")
    with pytest.raises(smtplib.SMTPDataError, match=f"on resource `{configuration_set}'"):
        sender.send()
    sender.allow([sender.arn(f"identity/{sender.domain}"), configuration_set])
    assert sender.send() == {}


def test_two_dkim_signatures_are_refused(sender: Sender) -> None:
    signature = "DKIM-Signature: v=1; d=x.example\r\n"
    assert sender.send(headers=signature) == {}
    with pytest.raises(smtplib.SMTPDataError) as caught:
        sender.send(headers=signature * 2)
    assert refusal(caught) == (554, "Transaction failed: Duplicate header 'DKIM-Signature'.")


def test_a_message_without_from_is_refused(sender: Sender) -> None:
    with (
        sender.log_in() as session,
        pytest.raises(smtplib.SMTPDataError, match="Missing required header 'From'"),
    ):
        session.sendmail(f"app@{sender.domain}", ["to@recipient.example"], b"Subject: x\r\n\r\n")


# --- limits


def test_more_than_50_recipients_are_refused(sender: Sender) -> None:
    recipients = [f"r{number}@recipient.example" for number in range(51)]
    assert sender.send(recipients=recipients[:50]) == {}
    with pytest.raises(smtplib.SMTPDataError) as caught:
        sender.send(recipients=recipients)
    assert refusal(caught) == (554, "Transaction failed: Recipient count exceeds 50.")


def test_a_rate_above_the_limit_is_throttled_for_a_second(aws: LocalAws, sender: Sender) -> None:
    time.sleep(1.1)  # what other tests sent no longer counts
    aws.set_limits(max_send_rate=2)
    with sender.log_in() as session:
        message = [f"app@{sender.domain}", ["to@recipient.example"], f"From: app@{sender.domain}\r\n\r\n"]
        session.sendmail(*message)
        session.sendmail(*message)
        with pytest.raises(smtplib.SMTPDataError) as caught:
            session.sendmail(*message)
        time.sleep(1.1)
        session.sendmail(*message)
    assert refusal(caught) == (454, "Throttling failure: Maximum sending rate exceeded.")


def test_the_default_rate_is_14_recipients_a_second(aws: LocalAws, sender: Sender) -> None:
    time.sleep(1.1)  # what other tests sent no longer counts
    aws.set_limits()
    sender.send(recipients=[f"r{number}@recipient.example" for number in range(14)])
    with pytest.raises(smtplib.SMTPDataError, match="Maximum sending rate"):
        sender.send()


def test_the_daily_quota_is_kept(aws: LocalAws, sender: Sender) -> None:
    sender.send()
    aws.set_limits(max_send_rate=_FAST, max_24_hour_send=1)
    with pytest.raises(smtplib.SMTPDataError) as caught:
        sender.send()
    assert refusal(caught) == (454, "Throttling failure: Daily message quota exceeded.")


def test_the_account_counts_what_was_sent(sender: Sender) -> None:
    before = sender.ses.get_account()["SendQuota"]["SentLast24Hours"]
    sender.send(recipients=["a@x.example", "b@x.example"])
    assert sender.ses.get_account()["SendQuota"]["SentLast24Hours"] == before + 2


def test_a_message_over_the_size_limit_is_refused(aws: LocalAws, sender: Sender) -> None:
    aws.set_limits(max_message_size=1000)
    with sender.log_in() as session:
        session.ehlo()
        assert session.esmtp_features["size"] == "1000"
        session.mail(f"app@{sender.domain}")
        session.rcpt("to@recipient.example")
        code, reply = session.data(
            f"From: app@{sender.domain}\r\n\r\n{'x' * 70}\r\n" + ("y" * 70 + "\r\n") * 20
        )
    assert (code, reply) == (552, b"5.3.4 Message is too long.")


def test_the_default_size_limit_is_40_mb(aws: LocalAws) -> None:
    with connect(aws) as session:
        session.ehlo()
        assert session.esmtp_features["size"] == str(40 * 1024 * 1024)


def test_the_sandbox_refuses_recipients_that_are_not_verified(aws: LocalAws, sender: Sender) -> None:
    aws.set_limits(production_access=False, max_send_rate=_FAST)
    assert sender.ses.get_account()["ProductionAccessEnabled"] is False
    assert sender.send(recipients=[f"to@{sender.domain}", "success@simulator.amazonses.com"]) == {}
    with pytest.raises(smtplib.SMTPDataError, match=r"in region EU-WEST-1: to@recipient\.example'"):
        sender.send()


def test_in_the_sandbox_a_recipients_identity_has_to_be_allowed_too(aws: LocalAws, sender: Sender) -> None:
    recipient = f"someone@{sender.user}.recipient.example"
    aws.set_limits(production_access=False, max_send_rate=_FAST)
    sender.ses.create_email_identity(EmailIdentity=recipient)
    aws.confirm(recipient)
    with pytest.raises(smtplib.SMTPDataError, match=f"on resource `{sender.arn(f'identity/{recipient}')}'"):
        sender.send(recipients=[recipient])


def test_an_address_is_verified_when_its_owner_has_followed_the_link(aws: LocalAws, sender: Sender) -> None:
    address = f"owner@{sender.user}.elsewhere.example"
    sender.ses.create_email_identity(EmailIdentity=address)
    assert not sender.ses.get_email_identity(EmailIdentity=address)["VerifiedForSendingStatus"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{aws.account['endpoint']}/ses/confirm?token=guessed")
    assert not sender.ses.get_email_identity(EmailIdentity=address)["VerifiedForSendingStatus"]
    aws.confirm(address)
    assert sender.ses.get_email_identity(EmailIdentity=address)["VerifiedForSendingStatus"]


def test_a_misspelt_limit_stops_sending_and_is_named(aws: LocalAws, sender: Sender) -> None:
    aws.set_limits(max_send_rat=5)
    with pytest.raises(smtplib.SMTPException, match="did you mean 'max_send_rate'"):
        sender.send()


# --- verification


def test_a_domain_is_verified_with_its_dkim_records_and_not_without(pending: Sender) -> None:
    assert not pending.verified()
    pending.change_records("CREATE", pending.tokens[:2])
    assert not pending.verified()
    pending.change_records("CREATE", pending.tokens[2:])
    assert pending.verified()
    pending.change_records("DELETE", pending.tokens[:1])
    assert not pending.verified()


def test_records_with_another_target_do_not_verify(pending: Sender) -> None:
    pending.dkim_zone = "dkim.us-east-1.amazonses.com"
    pending.change_records("CREATE")
    assert not pending.verified()


def test_both_apis_tell_the_same_status(aws: LocalAws, pending: Sender) -> None:
    def told() -> tuple[str, ...]:
        v1 = aws.client("ses").get_identity_verification_attributes(Identities=[pending.domain])
        v2 = pending.ses.get_email_identity(EmailIdentity=pending.domain)
        return (
            v1["VerificationAttributes"][pending.domain]["VerificationStatus"],
            v2["VerificationStatus"],
            v2["DkimAttributes"]["Status"],
        )

    assert told() == ("Pending", "PENDING", "PENDING")
    pending.change_records("CREATE")
    assert told() == ("Success", "SUCCESS", "SUCCESS")


def test_an_unknown_identity_is_absent_from_the_old_api(aws: LocalAws) -> None:
    answer = aws.client("ses").get_identity_verification_attributes(Identities=["unknown.example"])
    assert answer["VerificationAttributes"] == {}


def test_a_custom_mail_from_domain_succeeds_with_its_mx_and_spf(aws: LocalAws, sender: Sender) -> None:
    name = f"bounce.{sender.domain}"
    sender.ses.put_email_identity_mail_from_attributes(
        EmailIdentity=sender.domain, MailFromDomain=name, BehaviorOnMxFailure="REJECT_MESSAGE"
    )

    def told() -> dict[str, str]:
        return sender.ses.get_email_identity(EmailIdentity=sender.domain)["MailFromAttributes"]

    assert told()["MailFromDomainStatus"] == "PENDING"
    with pytest.raises(smtplib.SMTPDataError, match=r"554.*could not read the MX record"):
        sender.send()
    records = [
        change("CREATE", name, "MX", f"10 feedback-smtp.{_REGION}.amazonses.com"),
        change("CREATE", name, "TXT", '"v=spf1 include:amazonses.com ~all"'),
    ]
    aws.client("route53").change_resource_record_sets(
        HostedZoneId=sender.zone, ChangeBatch={"Changes": records}
    )
    assert told() == {
        "MailFromDomain": name,
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }
    assert sender.send() == {}


# --- feedback


class Feedback:
    """A configuration set whose events go through a topic into a queue."""

    def __init__(self, aws: LocalAws, sender: Sender, sns_policy: bool = True):
        self.sqs, self.sns, name = aws.client("sqs"), aws.client("sns"), sender.user
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        queue_arn = attributes["Attributes"]["QueueArn"]
        self.topic = self.sns.create_topic(Name=name)["TopicArn"]
        self.configuration_set = name
        source = {
            "AWS:SourceAccount": "123456789012",
            "AWS:SourceArn": sender.arn(f"configuration-set/{name}"),
        }
        if sns_policy:
            self.allow_ses(StringEquals=source)
        self.sqs.set_queue_attributes(
            QueueUrl=self.queue,
            Attributes={
                "Policy": policy_for(
                    "sns", "sqs:SendMessage", queue_arn, ArnEquals={"aws:SourceArn": self.topic}
                )
            },
        )
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue_arn)
        sender.ses.create_configuration_set(ConfigurationSetName=name)
        sender.ses.put_email_identity_configuration_set_attributes(
            EmailIdentity=sender.domain, ConfigurationSetName=name
        )
        sender.allow(["*"])
        self._ses = sender.ses

    def allow_ses(self, **condition: Any) -> None:
        policy = policy_for("ses", "sns:Publish", self.topic, **condition)
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=policy)

    def connect(self) -> None:
        types = ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY"]
        destination = {
            "Enabled": True,
            "MatchingEventTypes": types,
            "SnsDestination": {"TopicArn": self.topic},
        }
        self._ses.create_configuration_set_event_destination(
            ConfigurationSetName=self.configuration_set,
            EventDestinationName="queue",
            EventDestination=destination,
        )

    def messages(self) -> list[str]:
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in received:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"])["Message"] for message in received]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(message) for message in self.messages()]


def policy_for(service: str, action: str, resource: str, **condition: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def feedback(aws: LocalAws, sender: Sender) -> Feedback:
    feedback = Feedback(aws, sender)
    feedback.connect()
    assert feedback.messages() == ["Successfully validated SNS topic for Amazon SES event publishing."]
    return feedback


@pytest.mark.parametrize(
    ("recipient", "kinds"),
    [
        ("success@simulator.amazonses.com", ["Send", "Delivery"]),
        ("bounce+label@simulator.amazonses.com", ["Send", "Bounce"]),
        ("complaint@simulator.amazonses.com", ["Send", "Delivery", "Complaint"]),
        ("ooto@simulator.amazonses.com", ["Send", "Delivery", "Bounce"]),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"]),
        ("slow@recipient.example", ["Send", "DeliveryDelay", "Delivery"]),
    ],
)
def test_what_becomes_of_a_message_is_published(
    aws: LocalAws, sender: Sender, feedback: Feedback, recipient: str, kinds: list[str]
) -> None:
    aws.set_limits(max_send_rate=_FAST, delayed_addresses=["slow@recipient.example"])
    sender.send(recipients=[recipient])
    events = feedback.events()
    assert sorted(event["eventType"] for event in events) == sorted(kinds)
    for event in events:
        assert event["mail"]["destination"] == [recipient]
        assert event["mail"]["tags"]["ses:configuration-set"] == [feedback.configuration_set]


def test_a_virus_is_rejected_after_it_was_accepted(sender: Sender, feedback: Feedback) -> None:
    # In two parts, so that no scanner takes this file for it.
    sender.send(
        headers="X-Test: " + r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*\r\n"
    )
    assert sorted(event["eventType"] for event in feedback.events()) == ["Reject", "Send"]


def test_an_address_that_bounced_is_suppressed_until_it_is_taken_off_the_list(
    aws: LocalAws, sender: Sender, feedback: Feedback
) -> None:
    aws.set_limits(max_send_rate=_FAST, bouncing_addresses=["gone@recipient.example"])

    def bounce() -> str | None:
        sender.send(recipients=["gone@recipient.example"])
        return next((e["bounce"]["bounceSubType"] for e in feedback.events() if "bounce" in e), None)

    assert bounce() == "General"
    aws.set_limits(max_send_rate=_FAST)
    assert bounce() == "OnAccountSuppressionList"
    sender.ses.delete_suppressed_destination(EmailAddress="gone@recipient.example")
    assert bounce() is None


def test_a_topic_that_does_not_let_ses_in_is_no_destination(aws: LocalAws, sender: Sender) -> None:
    feedback = Feedback(aws, sender, sns_policy=False)
    with pytest.raises(ClientError, match="does not let ses"):
        feedback.connect()
    feedback.allow_ses(StringEquals={"AWS:SourceAccount": "210987654321"})
    with pytest.raises(ClientError, match="does not let ses"):
        feedback.connect()


def test_a_queue_that_does_not_let_its_topic_in_gets_nothing(sender: Sender, feedback: Feedback) -> None:
    feedback.sqs.set_queue_attributes(QueueUrl=feedback.queue, Attributes={"Policy": ""})
    sender.send()
    assert feedback.messages() == []


def test_a_key_that_does_not_let_ses_in_keeps_events_from_its_topic(
    aws: LocalAws, sender: Sender, feedback: Feedback
) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    feedback.sns.set_topic_attributes(
        TopicArn=feedback.topic, AttributeName="KmsMasterKeyId", AttributeValue=key["KeyId"]
    )
    sender.send()
    assert feedback.messages() == []
    policy = policy_for("ses", "kms:*", "*")
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    sender.send()
    assert len(feedback.messages()) == 2


# --- a second region


def test_a_region_takes_the_password_of_its_own_and_only_its_own_identities(
    aws: LocalAws, sender: Sender
) -> None:
    session = connect(aws, _OTHER_REGION)
    secret = sender.key["SecretAccessKey"]
    with pytest.raises(smtplib.SMTPAuthenticationError):
        session.login(sender.key["AccessKeyId"], smtp_password(secret, _REGION))
    session.login(sender.key["AccessKeyId"], smtp_password(secret, _OTHER_REGION))
    with pytest.raises(smtplib.SMTPDataError, match="failed the check in region US-EAST-1"):
        session.sendmail(
            f"app@{sender.domain}", ["to@recipient.example"], f"From: app@{sender.domain}\r\n\r\n"
        )


def test_a_region_that_is_down_closes_every_connection_and_no_other_does(aws: LocalAws) -> None:
    aws.set_limits(unreachable_regions=[_OTHER_REGION])
    with pytest.raises(OSError, match=r"closed|reset"):
        connect(aws, _OTHER_REGION)
    connect(aws, _REGION).quit()


# --- the SES API


def test_an_identity_reads_back_as_it_was_made(aws: LocalAws, pending: Sender) -> None:
    identity = pending.ses.get_email_identity(EmailIdentity=pending.domain)
    dkim = identity["DkimAttributes"]
    assert identity["IdentityType"] == "DOMAIN"
    assert identity["FeedbackForwardingStatus"] is True
    assert "ConfigurationSetName" not in identity
    assert (dkim["SigningEnabled"], dkim["SigningAttributesOrigin"]) == (True, "AWS_SES")
    assert dkim["CurrentSigningKeyLength"] == dkim["NextSigningKeyLength"] == "RSA_2048_BIT"
    assert dkim["Tokens"] == pending.tokens
    assert all(len(token) == 32 and token.isalnum() and token == token.lower() for token in pending.tokens)
    assert dkim["LastKeyGenerationTimestamp"].timestamp() == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("region", "zone"), [(_REGION, "dkim.amazonses.com"), ("eu-south-1", "dkim.eu-south-1.amazonses.com")]
)
def test_the_dkim_zone_is_the_regions(aws: LocalAws, region: str, zone: str) -> None:
    identity = aws.client("sesv2", region).create_email_identity(EmailIdentity="dkim-zone.example")
    assert identity["DkimAttributes"]["SigningHostedZone"] == zone


def test_an_identity_lives_in_its_region_only(aws: LocalAws, pending: Sender) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        aws.client("sesv2", "us-east-1").get_email_identity(EmailIdentity=pending.domain)


def test_a_second_identity_of_the_same_name_is_refused(pending: Sender) -> None:
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        pending.ses.create_email_identity(EmailIdentity=pending.domain.upper())


@pytest.mark.parametrize("operation", ["get_email_identity", "delete_email_identity"])
def test_an_unknown_identity_is_not_found(aws: LocalAws, operation: str) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        getattr(aws.client("sesv2"), operation)(EmailIdentity="unknown.example")


def test_tags_are_found_under_the_arn_of_the_identity(aws: LocalAws) -> None:
    ses, tags = aws.client("sesv2"), [{"Key": "team", "Value": "mail"}]
    arn = f"arn:aws:ses:{_REGION}:123456789012:identity/tagged.example"
    ses.create_email_identity(EmailIdentity="tagged.example", Tags=tags)
    assert ses.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags
    ses.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    ses.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert ses.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]
    ses.delete_email_identity(EmailIdentity="tagged.example")
    with pytest.raises(ClientError, match="NotFoundException"):
        ses.list_tags_for_resource(ResourceArn=arn)


def test_the_attributes_of_an_identity_change_in_place(pending: Sender) -> None:
    ses, name = pending.ses, {"EmailIdentity": pending.domain}
    ses.put_email_identity_feedback_attributes(**name, EmailForwardingEnabled=False)
    ses.put_email_identity_dkim_attributes(**name, SigningEnabled=False)
    ses.put_email_identity_dkim_signing_attributes(
        **name, SigningAttributesOrigin="AWS_SES", SigningAttributes={"NextSigningKeyLength": "RSA_1024_BIT"}
    )
    identity = ses.get_email_identity(**name)
    assert identity["FeedbackForwardingStatus"] is False
    assert identity["DkimAttributes"]["SigningEnabled"] is False
    assert identity["DkimAttributes"]["NextSigningKeyLength"] == "RSA_1024_BIT"
    assert identity["DkimAttributes"]["Tokens"] == pending.tokens


def test_an_unknown_configuration_set_is_refused(pending: Sender) -> None:
    with pytest.raises(ClientError, match=r"NotFoundException.*<nowhere>"):
        pending.ses.put_email_identity_configuration_set_attributes(
            EmailIdentity=pending.domain, ConfigurationSetName="nowhere"
        )


def test_what_a_tenant_uses_cannot_be_deleted(aws: LocalAws, pending: Sender) -> None:
    arn = pending.arn(f"identity/{pending.domain}")
    pending.ses.create_tenant(TenantName="team")
    pending.ses.create_tenant_resource_association(TenantName="team", ResourceArn=arn)
    with pytest.raises(ClientError, match="associated with tenants: team"):
        pending.ses.delete_email_identity(EmailIdentity=pending.domain)
    pending.ses.delete_tenant(TenantName="team")
    pending.ses.delete_email_identity(EmailIdentity=pending.domain)


def test_the_caller_is_known(aws: LocalAws) -> None:
    assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"


# --- IAM


def test_a_third_access_key_is_refused(sender: Sender) -> None:
    sender.iam.create_access_key(UserName=sender.user)
    with pytest.raises(ClientError, match="LimitExceeded"):
        sender.iam.create_access_key(UserName=sender.user)


def test_a_user_cannot_be_deleted_before_its_keys_and_policies(sender: Sender) -> None:
    with pytest.raises(ClientError, match=r"DeleteConflict.*access keys"):
        sender.iam.delete_user(UserName=sender.user)
    sender.iam.delete_access_key(UserName=sender.user, AccessKeyId=sender.key["AccessKeyId"])
    with pytest.raises(ClientError, match=r"DeleteConflict.*policies"):
        sender.iam.delete_user(UserName=sender.user)
    sender.iam.delete_user_policy(UserName=sender.user, PolicyName="send")
    sender.iam.delete_user(UserName=sender.user)


def test_a_managed_policy_cannot_be_deleted_before_it_is_detached(sender: Sender) -> None:
    statement = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    created = sender.iam.create_policy(PolicyName=sender.user, PolicyDocument=document)
    policy = {"PolicyArn": created["Policy"]["Arn"]}
    sender.iam.attach_user_policy(UserName=sender.user, **policy)
    with pytest.raises(ClientError, match=r"DeleteConflict.*attached"):
        sender.iam.delete_policy(**policy)
    sender.iam.detach_user_policy(UserName=sender.user, **policy)
    sender.iam.delete_policy(**policy)


def test_a_policy_that_is_too_long_is_refused(sender: Sender) -> None:
    with pytest.raises(ClientError, match="LimitExceeded"):
        sender.allow([sender.arn(f"identity/{'x' * 40}{number}.example") for number in range(30)])


# --- Route 53 and DNS


@pytest.fixture
def resolver(aws: LocalAws) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [aws.account["dns"]["address"]], aws.account["dns"]["port"]
    resolver.lifetime = 5
    return resolver


def change_zone(aws: LocalAws, sender: Sender, *changes: dict[str, Any]) -> None:
    aws.client("route53").change_resource_record_sets(
        HostedZoneId=sender.zone, ChangeBatch={"Changes": list(changes)}
    )


def test_a_record_that_exists_is_not_created_again(aws: LocalAws, sender: Sender) -> None:
    name = f"_dmarc.{sender.domain}"
    change_zone(aws, sender, change("CREATE", name, "TXT", '"v=DMARC1; p=none"'))
    with pytest.raises(ClientError) as caught:
        change_zone(aws, sender, change("CREATE", f"{name}.", "TXT", '"v=DMARC1; p=reject"'))
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidChangeBatch"
    assert error["Message"] == (
        f"[Tried to create resource record set [name='{name}.', type='TXT'] but it already exists]"
    )


def test_a_record_is_deleted_only_with_its_values(aws: LocalAws, sender: Sender) -> None:
    name = f"a.{sender.domain}"
    with pytest.raises(ClientError, match="but it was not found"):
        change_zone(aws, sender, change("DELETE", name, "A", "192.0.2.1"))
    change_zone(aws, sender, change("CREATE", name, "A", "192.0.2.1"))
    with pytest.raises(ClientError, match="do not match the current values"):
        change_zone(aws, sender, change("DELETE", name, "A", "192.0.2.2"))
    change_zone(aws, sender, change("DELETE", name, "A", "192.0.2.1"))


def test_a_zone_with_records_cannot_be_deleted(aws: LocalAws, sender: Sender) -> None:
    with pytest.raises(ClientError, match="HostedZoneNotEmpty"):
        aws.client("route53").delete_hosted_zone(Id=sender.zone)


def test_a_batch_with_one_wrong_change_changes_nothing(
    aws: LocalAws, sender: Sender, resolver: dns.resolver.Resolver
) -> None:
    good = change("CREATE", f"good.{sender.domain}", "A", "192.0.2.1")
    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        change_zone(aws, sender, good, change("DELETE", f"bad.{sender.domain}", "A", "192.0.2.1"))
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver.resolve(f"good.{sender.domain}", "A")


@pytest.mark.parametrize(
    ("value", "problem"),
    [("v=DMARC1", "InvalidCharacterString"), (f'"{"x" * 256}"', "CharacterStringTooLong")],
)
def test_a_malformed_txt_value_is_refused(aws: LocalAws, sender: Sender, value: str, problem: str) -> None:
    with pytest.raises(ClientError, match=problem):
        change_zone(aws, sender, change("CREATE", f"t.{sender.domain}", "TXT", value))


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_dns_follows_the_hosted_zone(
    aws: LocalAws, sender: Sender, resolver: dns.resolver.Resolver, tcp: bool
) -> None:
    name = f"record.{sender.domain}"
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver.resolve(name, "A", tcp=tcp)
    change_zone(aws, sender, change("CREATE", name, "A", "192.0.2.1", "192.0.2.2", ttl=60))
    answer = resolver.resolve(name, "A", tcp=tcp)
    assert answer.rrset.ttl == 60
    assert sorted(data.address for data in answer) == ["192.0.2.1", "192.0.2.2"]
    change_zone(aws, sender, change("DELETE", name, "A", "192.0.2.1", "192.0.2.2", ttl=60))


def test_the_zone_itself_answers(sender: Sender, resolver: dns.resolver.Resolver) -> None:
    assert resolver.resolve(sender.domain, "SOA")[0].mname.to_text().startswith("ns-")
    assert len(resolver.resolve(sender.domain, "NS")) == 4


def test_a_dkim_record_leads_to_a_key(sender: Sender, resolver: dns.resolver.Resolver) -> None:
    answer = resolver.resolve(f"{sender.tokens[0]}._domainkey.{sender.domain}", "TXT")
    assert str(answer.canonical_name) == f"{sender.tokens[0]}.dkim.amazonses.com."
    assert b"".join(answer[0].strings).startswith(b"p=MII")


def test_an_answer_that_udp_cannot_hold_comes_over_tcp(
    aws: LocalAws, sender: Sender, resolver: dns.resolver.Resolver
) -> None:
    value = " ".join(f'"{letter * 250}"' for letter in "abcd")
    change_zone(aws, sender, change("CREATE", f"long.{sender.domain}", "TXT", value))
    answer = resolver.resolve(f"long.{sender.domain}", "TXT")
    assert b"".join(answer[0].strings).decode() == "".join(letter * 250 for letter in "abcd")


# --- the process


def test_files_with_keys_are_the_owners_only(aws: LocalAws) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in aws.directory.glob("*.key")}
    assert modes == {"ca.key": 0o600, "server.key": 0o600}


def test_a_second_start_in_the_folder_is_refused_and_names_the_first(aws: LocalAws) -> None:
    second = subprocess.run(aws.command, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    assert f"process {aws.account['pid']} already runs an account here" in second.stderr
    assert (aws.directory / "account.json").exists()


def test_a_misspelt_limit_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text('{"sandbox": true}')
    with pytest.raises(RuntimeError, match=r"limits\.json: unknown key 'sandbox'"):
        LocalAws(tmp_path).__enter__()


def test_it_stops_at_once_and_leaves_no_account_file(tmp_path: Path) -> None:
    with LocalAws(tmp_path) as aws:
        session = connect(aws)
        started = time.monotonic()
        assert aws.stop() == 0
        assert time.monotonic() - started < 5
        session.close()
    assert not (tmp_path / "account.json").exists()


def test_a_restart_after_a_crash_keeps_the_authority_and_the_mailbox(tmp_path: Path) -> None:
    with LocalAws(tmp_path) as aws:
        sender = Sender(aws)
        sender.change_records("CREATE")
        sender.send()
        authority = Path(aws.account["ca"]).read_bytes()
        os.kill(aws.account["pid"], signal.SIGKILL)
        aws.process.wait()
        assert (tmp_path / "account.json").exists()
    with LocalAws(tmp_path) as aws:
        assert Path(aws.account["ca"]).read_bytes() == authority
        assert connect(aws).noop()[0] == 250
        assert len(aws.messages()) == 1


def test_no_secret_is_in_the_log(aws: LocalAws, sender: Sender) -> None:
    sender.send()
    with pytest.raises(smtplib.SMTPAuthenticationError):
        sender.log_in("a-wrong-password")
    log = (aws.directory / "aws.log").read_text()
    password = smtp_password(sender.key["SecretAccessKey"], _REGION)
    assert sender.key["AccessKeyId"] in log
    assert not [
        secret for secret in (sender.key["SecretAccessKey"], password, "a-wrong-password") if secret in log
    ]
