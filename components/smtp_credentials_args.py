"""What SmtpCredentials can be told."""

from typing import NotRequired, TypedDict

import pulumi

from .sending_conditions import SendingConditions


class CredentialsCopyArgs(TypedDict):
    """A copy of the login for other programs: JSON with `user`, `password` and `region`, and `passwords` by region, of
    `more_identities` too. It follows a rotation."""

    store: str
    """`secretsmanager` or `ssm` (a SecureString parameter)."""
    name: NotRequired[pulumi.Input[str]]
    """Its name. Defaults to one that the provider makes up."""
    kms_key: NotRequired[pulumi.Input[str]]
    """The KMS key that it is encrypted with. Defaults to the store's own."""


class SendingIdentityArgs(TypedDict):
    """An identity that may be sent from."""

    identity_arn: pulumi.Input[str]
    """The ARN of the SES identity that may be sent from."""
    configuration_set_arn: NotRequired[pulumi.Input[str]]
    """The ARN of the identity's default configuration set: SES asks for the permission on both. Defaults to none, as
    does an empty text."""
    region: pulumi.Input[str]
    """The region of that identity. A password is valid in one region and nowhere else."""
    conditions: NotRequired[pulumi.Input[SendingConditions]]
    """What a message must be like to be sent. Defaults to no condition; of `more_identities` to those of the first."""


class SmtpCredentialsOptions(TypedDict):
    """What the login is good for, and where else it is kept. All of it has a default."""

    conditions: NotRequired[pulumi.Input[SendingConditions]]
    """What a message must be like to be sent. Defaults to no condition."""
    sandbox_recipients: NotRequired[list[str]]
    """Verified addresses and domains that are sent to while the account is in the sandbox: there, SES asks for the
    permission on the recipient too. Defaults to `[]`."""
    path: NotRequired[str]
    """The IAM path of the user, such as `/mail/`. Defaults to `/`."""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """The ARN of the policy that bounds what the user may ever do. Defaults to none."""
    copy: NotRequired[CredentialsCopyArgs]
    """Where the login is kept for other programs. Defaults to nowhere."""


class SmtpCredentialsArgs(SendingIdentityArgs, SmtpCredentialsOptions):
    """Arguments of SmtpCredentials."""

    more_identities: NotRequired[list[SendingIdentityArgs]]
    """Further identities for the same login, such as the same domain in another region: one key has a password for
    each region, so that a rotation changes all of them at once. Defaults to `[]`."""
    generation: NotRequired[int]
    """Raise it by one to rotate the key: a new one is created and put to use, the old one deleted last. Defaults to
    `1`."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the user and of the copy."""
