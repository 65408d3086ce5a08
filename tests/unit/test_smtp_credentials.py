"""The login for SES: least privilege, the right region, and a rotation that never leaves the relay without a key."""

import json

import pulumi
import pytest

from components import SmtpCredentials
from components.arguments import InvalidArgument
from components.smtp_credentials import _refuse_third_key, derive_smtp_password

from .recorder import IDENTITY_ARN, SECRET_ACCESS_KEY, record

pytestmark = pytest.mark.unit


def credentials(**args):
    def program():
        made = SmtpCredentials("smtp", {"identity_arn": IDENTITY_ARN, "region": "eu-west-1", **args})
        return {
            "user": made.user,
            "password": made.password,
            "passwords": made.passwords,
            "copy_arn": made.copy_arn,
            "is_secret": pulumi.Output.from_input(made.password.is_secret()),
        }

    return program


@pytest.mark.parametrize(
    ("region", "password"),
    [
        ("us-east-1", "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
        ("eu-west-1", "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"),
    ],
)
def test_the_password_is_the_published_derivation_for_its_region(region, password):
    assert derive_smtp_password(SECRET_ACCESS_KEY, region) == password


def test_the_login_is_the_key_id_and_a_secret_password_of_the_identitys_region():
    _, login = record(credentials())
    assert login["user"] == "smtp-key-1-id"
    assert login["password"] == "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"
    assert login["is_secret"]


ELSEWHERE = IDENTITY_ARN.replace("eu-west-1", "us-east-1")


def test_one_key_has_a_password_for_the_region_of_each_identity():
    _, login = record(credentials(more_identities=[{"identity_arn": ELSEWHERE, "region": "us-east-1"}]))
    assert login["passwords"] == {
        "eu-west-1": "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk",
        "us-east-1": "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9",
    }


def test_further_identities_are_as_narrow_as_the_first_unless_they_say_otherwise():
    further = {"identity_arn": ELSEWHERE, "configuration_set_arn": f"{ELSEWHERE}-set", "region": "us-east-1"}
    own = {"from_addresses": ["b@example.com"]}
    recorder, _ = record(
        credentials(
            conditions={"from_addresses": ["a@example.com"]},
            more_identities=[further, {**further, "conditions": own}],
            sandbox_recipients=["me@example.net"],
        )
    )
    first, second, third = json.loads(recorder.named("smtp-sending").inputs["policy"])["Statement"]
    assert second["Resource"] == [
        ELSEWHERE,
        f"{ELSEWHERE}-set",
        ELSEWHERE.replace("example.com", "me@example.net"),
    ]
    assert second["Condition"] == first["Condition"]
    assert third["Condition"] == {"StringLike": {"ses:FromAddress": ["b@example.com"]}}


def test_a_further_identity_with_a_misspelt_key_is_refused():
    with pytest.raises(InvalidArgument, match=r"more_identities\[0\]: arn: no such argument"):
        record(credentials(more_identities=[{"arn": ELSEWHERE, "region": "us-east-1"}]))


def test_the_user_may_send_from_the_identity_and_nothing_else():
    recorder, _ = record(credentials())
    policy = json.loads(recorder.named("smtp-sending").inputs["policy"])
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": [IDENTITY_ARN]}
    ]


def test_the_default_configuration_set_is_part_of_the_permission():
    set_arn = IDENTITY_ARN.replace("identity/example.com", "configuration-set/example-com")
    recorder, _ = record(credentials(configuration_set_arn=set_arn))
    (statement,) = json.loads(recorder.named("smtp-sending").inputs["policy"])["Statement"]
    assert statement["Resource"] == [IDENTITY_ARN, set_arn]


def test_a_raised_generation_is_a_new_key_and_not_a_replaced_one():
    recorder, _ = record(credentials(generation=2))
    assert ("aws:iam/accessKey:AccessKey", "smtp-key-2") in recorder.names()


def test_a_third_key_is_refused_with_the_two_that_there_are():
    _refuse_third_key(2, "relay", ["AKIAONE"])
    with pytest.raises(
        InvalidArgument,
        match=r"generation: 3 needs a new key, and the user 'relay' has 2 already \(AKIAONE, AKIATWO\), .* delete",
    ):
        _refuse_third_key(3, "relay", ["AKIAONE", "AKIATWO"])


def test_conditions_narrow_what_may_be_sent():
    recorder, _ = record(
        credentials(conditions={"from_addresses": ["noreply@example.com"], "recipients": ["*@example.com"]})
    )
    (statement,) = json.loads(recorder.named("smtp-sending").inputs["policy"])["Statement"]
    assert statement["Condition"] == {
        "StringLike": {"ses:FromAddress": ["noreply@example.com"]},
        "ForAllValues:StringLike": {"ses:Recipients": ["*@example.com"]},
    }


def test_conditions_that_no_message_meets_are_refused():
    with pytest.raises(
        InvalidArgument,
        match=r"conditions: from_addresses: 'a@example\.org' is not of the identity 'example\.com'",
    ):
        record(credentials(conditions={"from_addresses": ["a@example.org"]}))


def test_in_the_sandbox_the_recipients_are_part_of_the_permission():
    recorder, _ = record(credentials(sandbox_recipients=["me@example.net"]))
    (statement,) = json.loads(recorder.named("smtp-sending").inputs["policy"])["Statement"]
    assert statement["Resource"] == [IDENTITY_ARN, IDENTITY_ARN.replace("example.com", "me@example.net")]


def test_the_user_can_be_bounded_placed_and_tagged():
    boundary = "arn:aws:iam::123456789012:policy/mail"
    recorder, _ = record(credentials(path="/mail/", permissions_boundary=boundary, tags={"team": "mail"}))
    user = recorder.named("smtp", "User").inputs
    assert (user["path"], user["permissionsBoundary"], user["tags"]) == ("/mail/", boundary, {"team": "mail"})


@pytest.mark.parametrize(
    ("store", "holder", "field"),
    [("secretsmanager", "SecretVersion", "secretString"), ("ssm", "Parameter", "value")],
)
def test_a_copy_of_the_login_is_encrypted_and_secret(store, holder, field):
    second = {"identity_arn": IDENTITY_ARN.replace("eu-west-1", "us-east-1"), "region": "us-east-1"}
    copy = {"store": store, "name": "mail/login", "kms_key": "alias/mail"}
    recorder, login = record(credentials(copy=copy, more_identities=[second]))
    kept = recorder.named("smtp-copy", holder)
    assert json.loads(kept.inputs[field]) == {
        "user": "smtp-key-1-id",
        "password": login["password"],
        "region": "eu-west-1",
        "passwords": login["passwords"],
    }
    assert set(login["passwords"]) == {"eu-west-1", "us-east-1"}
    assert field in kept.secret
    # A Parameter of another type is readable for whoever may read parameters.
    assert kept.inputs.get("type", "SecureString") == "SecureString"
    assert login["copy_arn"].startswith("arn:aws:")
    keys = {
        r.inputs.get("kmsKeyId") or r.inputs.get("keyId") for r in recorder.resources if r.name == "smtp-copy"
    }
    assert "alias/mail" in keys


def test_a_copy_nowhere_is_refused():
    with pytest.raises(InvalidArgument, match=r"copy\.store: 'vault' is not one of secretsmanager, ssm"):
        record(credentials(copy={"store": "vault"}))


@pytest.mark.parametrize("generation", [0, -1])
def test_a_generation_that_is_no_whole_number_from_1_is_refused(generation):
    with pytest.raises(InvalidArgument, match=r"generation: .*raise it by 1 to rotate"):
        record(credentials(generation=generation))


def test_every_child_shows_in_a_preview_in_which_nothing_is_known():
    recorder, login = record(credentials(), preview=True)
    assert recorder.names() == [
        ("aws:iam/accessKey:AccessKey", "smtp-key-1"),
        ("aws:iam/user:User", "smtp"),
        ("aws:iam/userPolicy:UserPolicy", "smtp-sending"),
        ("opensmtpd:index:SmtpCredentials", "smtp"),
    ]
    assert login == {}
