"""The login that SES accepts over SMTP: an IAM access key and a password derived from its secret.

https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
"""

import base64
import hashlib
import hmac
from typing import NotRequired, TypedDict

import pulumi
from pulumi_aws import iam

from .arguments import InvalidArgument, check_keys


def derive_smtp_password(secret_access_key: str, region: str) -> str:
    """Return the SMTP password that SES in `region`, and only there, accepts for an access key's secret.

    The algorithm and its constants are published:
    https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
    """
    key = f"AWS4{secret_access_key}".encode()
    for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + key).decode()


class SmtpCredentialsArgs(TypedDict):
    """Arguments of SmtpCredentials."""

    identity_arn: pulumi.Input[str]
    """The ARN of the SES identity that may be sent from."""
    configuration_set_arn: NotRequired[pulumi.Input[str]]
    """The ARN of the identity's default configuration set: SES asks for the permission on both. Defaults to none, as
    does an empty text."""
    region: pulumi.Input[str]
    """The region of that identity. The password is valid there and nowhere else."""
    generation: NotRequired[int]
    """Raise it by one to rotate the key: a new one is created and put to use, the old one deleted last. Defaults to
    `1`."""


class SmtpCredentials(pulumi.ComponentResource):
    """An IAM user that may do one thing, `ses:SendRawEmail` from one identity, and its SMTP login.

    - an IAM user and its inline policy
    - an access key, one for each generation
    - the SMTP password for the identity's region, derived here because the provider derives it for its own
    """

    user: pulumi.Output[str]
    """The SMTP user name: the id of the access key, not the name of the IAM user."""
    password: pulumi.Output[str]
    """The SMTP password; secret."""

    def __init__(self, name: str, args: SmtpCredentialsArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SmtpCredentials", name, {}, opts)
        check_keys("SmtpCredentials", args, SmtpCredentialsArgs)
        generation = _checked_generation(args.get("generation", 1))

        user = iam.User(name, opts=pulumi.ResourceOptions(parent=self))
        policy = self._create_policy(name, user, args)
        access_key = self._create_access_key(name, user, generation, policy)

        self.user = access_key.id
        self.password = pulumi.Output.secret(
            pulumi.Output.all(secret=access_key.secret, region=args["region"]).apply(
                lambda known: derive_smtp_password(known["secret"], known["region"])
            )
        )
        self.register_outputs({"user": self.user, "password": self.password})

    def _create_policy(self, name: str, user: iam.User, args: SmtpCredentialsArgs) -> iam.UserPolicy:
        resources = pulumi.Output.all(args["identity_arn"], args.get("configuration_set_arn", "")).apply(
            lambda arns: [arn for arn in arns if arn]
        )
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": resources}],
        }
        return iam.UserPolicy(
            f"{name}-sending",
            user=user.name,
            policy=pulumi.Output.json_dumps(document),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_access_key(
        self, name: str, user: iam.User, generation: int, policy: iam.UserPolicy
    ) -> iam.AccessKey:
        # A new name for each generation, not a replacement: the engine deletes what left the program after everything
        # else, so the old key outlives the relay that still uses it.
        return iam.AccessKey(
            f"{name}-key-{generation}",
            user=user.name,
            # Whoever holds the key can rely on its permission to send.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )


def _checked_generation(generation: float) -> int:
    # Numbers from other Pulumi languages arrive as floats.
    if generation != int(generation) or generation < 1:
        raise InvalidArgument(
            "SmtpCredentials",
            "generation",
            f"{generation} is not a whole number from 1; raise it by 1 to rotate",
        )
    return int(generation)
