"""The login that SES accepts over SMTP: an IAM access key and a password derived from its secret.

https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
"""

import base64
import hashlib
import hmac

import pulumi
from pulumi_aws import iam, secretsmanager, ssm

from .arguments import InvalidArgument, applied, check_keys, checked, checked_args
from .sending_conditions import check_endpoints, checked_conditions
from .sending_policy import Grant, identity_arns, identity_name, sending_policy
from .smtp_credentials_args import CredentialsCopyArgs, SendingIdentityArgs, SmtpCredentialsArgs

# Two at most, for rotation: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_KEYS = 2

_STORES = ("secretsmanager", "ssm")


def derive_smtp_password(secret_access_key: str, region: str) -> str:
    """Return the SMTP password that SES in `region`, and only there, accepts for an access key's secret.

    The algorithm and its constants are published:
    https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
    """
    key = f"AWS4{secret_access_key}".encode()
    for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + key).decode()


class SmtpCredentials(pulumi.ComponentResource):
    """An IAM user that may do one thing, `ses:SendRawEmail` from named identities, and its SMTP login.

    - an IAM user and its inline policy
    - an access key, one for each generation
    - the SMTP password for the identity's region, derived here because the provider derives it for its own
    - with `copy`: a secret, or a parameter, that holds the login
    """

    user: pulumi.Output[str]
    """The SMTP user name: the id of the access key, not the name of the IAM user."""
    iam_user: pulumi.Output[str]
    """The name of the IAM user."""
    password: pulumi.Output[str]
    """The SMTP password; secret."""
    passwords: pulumi.Output[dict[str, str]]
    """The SMTP password of the identity's region and of those of `more_identities`; secret."""
    copy_arn: pulumi.Output[str]
    """The ARN of the copy; empty without one."""

    def __init__(self, name: str, args: SmtpCredentialsArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SmtpCredentials", name, {}, opts)
        args = checked_args("SmtpCredentials", args, SmtpCredentialsArgs)
        generation = _checked_generation(args.get("generation", 1))
        identities = _identities(args)

        user = self._create_user(name, args)
        policy = self._create_policy(name, user, identities, args.get("sandbox_recipients", []))
        access_key = self._create_access_key(name, user, generation, policy)

        self.user = access_key.id
        self.iam_user = user.name
        secret = pulumi.Output.secret(access_key.secret)
        self.password = applied([secret, args["region"]], lambda known: derive_smtp_password(*known))
        self.passwords = applied(
            [secret, *(identity["region"] for identity in identities)],
            lambda known: {region: derive_smtp_password(known[0], region) for region in known[1:]},
        )
        self.copy_arn = self._create_copy(name, args)
        self.register_outputs(
            {
                "user": self.user,
                "iam_user": self.iam_user,
                "password": self.password,
                "passwords": self.passwords,
                "copy_arn": self.copy_arn,
            }
        )

    def _create_user(self, name: str, args: SmtpCredentialsArgs) -> iam.User:
        return iam.User(
            name,
            path=args.get("path"),
            permissions_boundary=args.get("permissions_boundary"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_policy(
        self,
        name: str,
        user: iam.User,
        identities: list[SendingIdentityArgs],
        sandbox_recipients: list[str],
    ) -> iam.UserPolicy:
        def grant(identity: dict, conditions: dict) -> Grant:
            arn = identity["identity_arn"]
            others = [identity.get("configuration_set_arn", ""), *identity_arns(arn, sandbox_recipients)]
            return Grant([arn, *others], conditions)

        def document(known: list[list[dict]]) -> str:
            return checked("SmtpCredentials", "conditions", list(map(grant, *known)), sending_policy)

        return iam.UserPolicy(
            f"{name}-sending",
            user=user.name,
            policy=pulumi.Output.all(identities, _conditions(identities)).apply(document),
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
            opts=pulumi.ResourceOptions(
                parent=self,
                # Whoever holds the key can rely on its permission to send.
                depends_on=[policy],
                hooks=pulumi.ResourceHookBinding(
                    before_create=[self._third_key_refused(name, user, generation)]
                )
                if generation > 1
                else None,
            ),
        )

    def _third_key_refused(self, name: str, user: iam.User, generation: int) -> pulumi.ResourceHook:
        # IAM's own refusal comes halfway through the update, and does not say which keys there are.
        keys = iam.get_access_keys_output(
            user=user.name, opts=pulumi.InvokeOutputOptions(parent=self)
        ).access_keys

        async def refuse(_: pulumi.ResourceHookArgs) -> None:
            known = await pulumi.Output.all(keys, user.name).future()
            if known:
                _refuse_third_key(generation, known[1], [key["access_key_id"] for key in known[0]])

        return pulumi.ResourceHook(
            f"{name}-third-key", refuse, opts=pulumi.ResourceHookOptions(on_dry_run=True)
        )

    def _create_copy(self, name: str, args: SmtpCredentialsArgs) -> pulumi.Output[str]:
        copy = args.get("copy")
        if not copy:
            return pulumi.Output.from_input("")
        check_keys("SmtpCredentials copy", copy, CredentialsCopyArgs)
        if copy["store"] not in _STORES:
            raise InvalidArgument(
                "SmtpCredentials", "copy.store", f"{copy['store']!r} is not one of {', '.join(_STORES)}"
            )
        login = pulumi.Output.json_dumps(
            {
                "user": self.user,
                "password": self.password,
                "region": args["region"],
                "passwords": self.passwords,
            }
        )
        create = {"secretsmanager": self._create_secret, "ssm": self._create_parameter}[copy["store"]]
        return create(f"{name}-copy", copy, login, args.get("tags"))

    def _create_secret(
        self, name: str, copy: CredentialsCopyArgs, login: pulumi.Output[str], tags: pulumi.Input[dict] | None
    ) -> pulumi.Output[str]:
        secret = secretsmanager.Secret(
            name,
            name=copy.get("name"),
            description="SMTP login at Amazon SES",
            kms_key_id=copy.get("kms_key"),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        secretsmanager.SecretVersion(
            name, secret_id=secret.arn, secret_string=login, opts=pulumi.ResourceOptions(parent=self)
        )
        return secret.arn

    def _create_parameter(
        self, name: str, copy: CredentialsCopyArgs, login: pulumi.Output[str], tags: pulumi.Input[dict] | None
    ) -> pulumi.Output[str]:
        return ssm.Parameter(
            name,
            name=copy.get("name"),
            type="SecureString",
            description="SMTP login at Amazon SES",
            value=login,
            key_id=copy.get("kms_key"),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        ).arn


def _identities(args: SmtpCredentialsArgs) -> list[SendingIdentityArgs]:
    """The identities that may be sent from, the first one first."""
    fields = SendingIdentityArgs.__annotations__
    first = SendingIdentityArgs(**{key: args[key] for key in fields if key in args})
    more = args.get("more_identities", [])
    for index, identity in enumerate(more):
        check_keys(f"SmtpCredentials more_identities[{index}]", identity, SendingIdentityArgs)
    inherited = {key: first[key] for key in ("conditions",) if key in first}
    return [first, *(SendingIdentityArgs(**inherited | identity) for identity in more)]


def _conditions(identities: list[SendingIdentityArgs]) -> pulumi.Input[list[dict]]:
    """What a message must be like to be sent from each of the identities."""
    places = [
        [
            identity["region"],
            checked_conditions(
                "SmtpCredentials conditions",
                identity.get("conditions", {}),
                applied(identity["identity_arn"], identity_name),
            ),
        ]
        for identity in identities
    ]
    return checked("SmtpCredentials", "conditions", places, check_endpoints)


def _refuse_third_key(generation: int, user: str, keys: list[str]) -> None:
    if len(keys) >= _MAX_KEYS:
        raise InvalidArgument(
            "SmtpCredentials",
            "generation",
            f"{generation} needs a new key, and the user {user!r} has {len(keys)} already ({', '.join(keys)}), as many "
            "as IAM allows: delete the one that nothing uses "
            f"(aws iam delete-access-key --user-name {user} --access-key-id ...)",
        )


def _checked_generation(generation: int) -> int:
    if generation < 1:
        raise InvalidArgument(
            "SmtpCredentials",
            "generation",
            f"{generation} is not a whole number from 1; raise it by 1 to rotate",
        )
    return generation
