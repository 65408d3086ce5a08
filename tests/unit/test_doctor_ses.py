"""What the doctor concludes from the answers of AWS, and what it says when AWS does not answer."""

import sys
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from components.doctor import ses
from components.doctor import ses_judgement as judge
from components.doctor.finding import FINE, UNKNOWN, WRONG

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SENDER = {
    "arn": "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
    "user": "relay-smtp",
    "key": "AKIAONE000000000",
}
VERIFIED = {
    "VerificationStatus": "SUCCESS",
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"},
    "MailFromAttributes": {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    },
}
HEALTHY = {
    "EnforcementStatus": "HEALTHY",
    "SendingEnabled": True,
    "ProductionAccessEnabled": True,
    "SendQuota": {"Max24HourSend": 50000, "SentLast24Hours": 10, "MaxSendRate": 14},
}


def of_identity(name="example.com", **changed):
    return list(judge.identity(name, "eu-west-1", VERIFIED | changed))


def wrong(findings):
    return [finding for finding in findings if finding.state != FINE]


def test_a_verified_identity_that_signs_and_has_its_mail_from_domain_is_fine():
    assert [finding.state for finding in of_identity()] == [FINE] * 3


@pytest.mark.parametrize("status", ["PENDING", "TEMPORARY_FAILURE", "NOT_STARTED"])
def test_an_unverified_identity_needs_its_records(status):
    (finding,) = wrong(of_identity(VerificationStatus=status, VerifiedForSendingStatus=False))
    assert finding.seen == f"not verified: {status}"
    assert finding.advice == "publish the DKIM records; SES looks again by itself"


def test_ses_that_has_given_up_on_an_identity_is_told_to_look_again():
    (finding,) = wrong(of_identity(VerificationStatus="FAILED", VerifiedForSendingStatus=False))
    assert "put-email-identity-dkim-signing-attributes --email-identity example.com" in finding.advice
    assert finding.advice.endswith("--region eu-west-1")


def test_an_address_is_verified_by_its_owner_and_has_no_records():
    findings = of_identity(
        "me@example.com", VerificationStatus="PENDING", VerifiedForSendingStatus=False, DkimAttributes={}
    )
    assert [finding.advice for finding in findings] == [
        "follow the link in the mail that SES has sent to that address"
    ]


def test_an_identity_that_is_gone_is_made_again():
    (finding,) = judge.identity("example.com", "eu-west-1", None)
    assert (finding.seen, finding.advice) == ("no such identity", "pulumi up --refresh")


def test_signing_that_is_off_is_wrong():
    (finding,) = wrong(of_identity(DkimAttributes={"SigningEnabled": False, "Status": "SUCCESS"}))
    assert "--signing-enabled" in finding.advice


@pytest.mark.parametrize(
    ("status", "behavior", "seen", "advice"),
    [
        ("PENDING", "USE_DEFAULT_VALUE", "uses amazonses.com instead", "SES looks again by itself"),
        ("FAILED", "REJECT_MESSAGE", "refuses all mail", "put-email-identity-mail-from-attributes"),
    ],
)
def test_a_mail_from_domain_that_ses_does_not_see_is_wrong(status, behavior, seen, advice):
    attributes = VERIFIED["MailFromAttributes"] | {
        "MailFromDomainStatus": status,
        "BehaviorOnMxFailure": behavior,
    }
    (finding,) = wrong(of_identity(MailFromAttributes=attributes))
    assert seen in finding.seen
    assert advice in finding.advice


def test_an_identity_without_a_mail_from_domain_is_fine():
    assert wrong(of_identity(MailFromAttributes={})) == []


def test_a_paused_configuration_set_is_wrong():
    finding = judge.configuration_set("set", "eu-west-1", {"SendingOptions": {"SendingEnabled": False}})
    assert finding.state == WRONG
    assert "put-configuration-set-sending-options --configuration-set-name set" in finding.advice


def test_a_healthy_account_in_production_is_fine():
    assert wrong(judge.account("eu-west-1", HEALTHY)) == []


@pytest.mark.parametrize(
    ("changed", "seen", "advice"),
    [
        ({"SendingEnabled": False}, "paused", "put-account-sending-attributes --sending-enabled"),
        ({"EnforcementStatus": "PROBATION"}, "under review", "Support Center"),
        ({"EnforcementStatus": "SHUTDOWN", "SendingEnabled": False}, "stopped by AWS", "Support Center"),
        ({"ProductionAccessEnabled": False}, "sandbox", "Request production access"),
    ],
)
def test_an_account_that_does_not_send_to_everybody_is_wrong(changed, seen, advice):
    (finding,) = wrong(judge.account("eu-west-1", HEALTHY | changed))
    assert seen in finding.seen
    assert advice in finding.advice


@pytest.mark.parametrize(
    ("most", "sent", "seen"),
    [(100, 79, None), (100, 80, "nearly used up"), (100, 100, "used up"), (-1, 10**9, None)],
)
def test_a_quota_is_wrong_from_four_fifths_on_unless_there_is_none(most, sent, seen):
    quota = {"Max24HourSend": most, "SentLast24Hours": sent, "MaxSendRate": 14}
    found = wrong(judge.account("eu-west-1", HEALTHY | {"SendQuota": quota}))
    assert [finding.seen.partition(":")[0] for finding in found] == ([seen] if seen else [])


def key(key_id, status="Active"):
    return {"AccessKeyId": key_id, "Status": status, "CreateDate": NOW - timedelta(days=12)}


def test_an_active_key_is_fine_and_its_age_and_the_other_one_are_shown():
    finding = judge.access_key(
        "u", "AKIAONE000000000", [key("AKIAONE000000000"), key("AKIATWO000000000")], NOW
    )
    assert (finding.state, finding.seen) == (FINE, "active, 12 days old; AKIATWO000000000 exists too")


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        (None, "no IAM user u"),
        ([key("AKIATWO000000000")], "it was deleted"),
        ([key("AKIAONE000000000", "Inactive")], "inactive"),
    ],
)
def test_a_key_that_no_longer_logs_in_is_wrong(keys, seen):
    finding = judge.access_key("u", "AKIAONE000000000", keys, NOW)
    assert finding.state == WRONG
    assert seen in finding.seen


def test_a_stack_without_ses_asks_nobody():
    assert ses.look([]) == []


def test_a_machine_without_boto3_has_not_looked_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    (finding,) = ses.look([SENDER])
    assert (finding.state, finding.advice) == (UNKNOWN, "pip install boto3")


@pytest.fixture
def no_user(monkeypatch):
    """No credentials from anywhere."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_without_credentials_nothing_is_judged_and_the_account_is_named(no_user):
    (finding,) = ses.look([SENDER])
    assert (finding.state, finding.seen) == (UNKNOWN, "no AWS credentials")
    assert "123456789012" in finding.advice


def test_a_profile_that_does_not_exist_is_not_an_error_of_the_stack(no_user):
    no_user.setenv("AWS_PROFILE", "missing")
    (finding,) = ses.look([SENDER])
    assert finding.state == UNKNOWN
    assert "missing" in finding.seen


def test_aws_that_does_not_answer_is_not_checked(no_user):
    no_user.setenv("AWS_ACCESS_KEY_ID", "local")
    no_user.setenv("AWS_SECRET_ACCESS_KEY", "local")
    no_user.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    (finding,) = ses.look([SENDER])
    assert finding.state == UNKNOWN
    assert "AWS does not answer" in finding.seen


@pytest.fixture
def stubbed(no_user):
    """Clients that answer what a test says, by service."""
    stubs = {}

    class Session:
        def get_credentials(self):
            return "some"

        def client(self, service, **_):
            return stubs[service].client

    for service in ("sts", "sesv2", "iam"):
        client = boto3.client(
            service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        stubs[service] = Stubber(client)
        stubs[service].activate()
    no_user.setattr(boto3, "Session", Session)
    return stubs


def test_credentials_of_another_account_judge_nothing(stubbed):
    stubbed["sts"].add_response("get_caller_identity", {"Account": "999999999999"})
    (finding,) = ses.look([SENDER])
    assert (finding.state, finding.advice) == (UNKNOWN, "set AWS_PROFILE to one of account 123456789012")


def test_what_may_not_be_asked_is_not_checked_and_names_the_permission_and_the_rest_goes_on(stubbed):
    stubbed["sts"].add_response("get_caller_identity", {"Account": "123456789012"})
    stubbed["sesv2"].add_client_error("get_email_identity", "AccessDeniedException", "not authorized")
    stubbed["sesv2"].add_response("get_account", HEALTHY)
    stubbed["iam"].add_client_error("list_access_keys", "NoSuchEntity", "no such user")
    findings = ses.look([SENDER])
    assert (findings[0].check, findings[0].state, findings[0].advice) == (
        "identity example.com, eu-west-1",
        UNKNOWN,
        "allow ses:GetEmailIdentity",
    )
    assert [finding.state for finding in findings[1:]] == [FINE, FINE, FINE, WRONG]


def test_two_identities_in_two_regions_are_asked_about_each_in_its_own(stubbed):
    other = SENDER | {"arn": SENDER["arn"].replace("eu-west-1", "eu-central-1"), "key": "AKIATWO000000000"}
    stubbed["sts"].add_response("get_caller_identity", {"Account": "123456789012"})
    keys = {
        "AccessKeyMetadata": [
            key("AKIAONE000000000") | {"UserName": "u"},
            key("AKIATWO000000000") | {"UserName": "u"},
        ],
        "IsTruncated": False,
    }
    for _ in range(2):
        stubbed["sesv2"].add_response("get_email_identity", VERIFIED, {"EmailIdentity": "example.com"})
        stubbed["sesv2"].add_response("get_account", HEALTHY)
        stubbed["iam"].add_response("list_access_keys", keys, {"UserName": "relay-smtp"})
    findings = ses.look([SENDER, other])
    assert [finding.check for finding in findings if finding.check.startswith(("identity", "quota"))] == [
        "identity example.com, eu-west-1",
        "quota, eu-west-1",
        "identity example.com, eu-central-1",
        "quota, eu-central-1",
    ]
    assert wrong(findings) == []
