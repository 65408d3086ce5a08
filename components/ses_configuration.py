"""A configuration set: how SES treats what is sent through an identity.

https://docs.aws.amazon.com/ses/latest/dg/using-configuration-sets.html
"""

from typing import NotRequired, TypedDict

import pulumi
from pulumi_aws import sesv2

from .arguments import InvalidArgument, check_keys

_TLS = {"require": "REQUIRE", "optional": "OPTIONAL"}
_SUPPRESSIONS = ("BOUNCE", "COMPLAINT")
_HTTPS = ("REQUIRE", "REQUIRE_OPEN_ONLY", "OPTIONAL")
_NAME_LENGTH = 64
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_DeliveryOptions.html
_DELIVERY_SECONDS = (300, 50400)


class SesTrackingArgs(TypedDict):
    """Links and pixels that tell whether a message was read, under a domain of yours."""

    domain: pulumi.Input[str]
    """The domain in the links; a CNAME to SES's tracking server must exist."""
    https: NotRequired[str]
    """`REQUIRE`, `REQUIRE_OPEN_ONLY` or `OPTIONAL`. Defaults to SES's own, `OPTIONAL`."""


class SesConfigurationOptions(TypedDict):
    """How SES treats the mail. All of it has a default."""

    name: NotRequired[pulumi.Input[str]]
    """The set's name in the account. Defaults to the domain, with hyphens for dots."""
    tls: NotRequired[str]
    """`require`: a receiver without TLS gets a bounce instead of plain text; or `optional`. Defaults to `require`."""
    suppression: NotRequired[list[str]]
    """What puts a recipient on the account's suppression list, so that SES does not send there again: of `BOUNCE` and
    `COMPLAINT`. Defaults to both."""
    reputation_metrics: NotRequired[bool]
    """Whether CloudWatch shows bounce and complaint rates of this set. Defaults to `True`."""
    sending: NotRequired[bool]
    """`False` stops all mail of this set. Defaults to `True`."""
    max_delivery_seconds: NotRequired[int]
    """How long SES tries to deliver, from 300 to 50400. Defaults to SES's own, 14 hours."""
    pool: NotRequired[pulumi.Input[str]]
    """A pool of dedicated addresses that exists. Defaults to SES's shared addresses."""
    managed_pool: NotRequired[str]
    """The name of a pool of dedicated addresses to be made, which SES scales; it costs by the message."""
    tracking: NotRequired[SesTrackingArgs]
    """A domain of one's own for open and click tracking. Defaults to none."""
    vdm: NotRequired[bool]
    """Whether the Virtual Deliverability Manager watches engagement and spreads the load; it costs by the message.
    Defaults to the account's own choice."""


class SesConfigurationArgs(SesConfigurationOptions):
    """Arguments of SesConfiguration."""

    domain: pulumi.Input[str]
    """The domain whose mail it is for; gives the default name."""
    region: NotRequired[pulumi.Input[str]]
    """Defaults to the region of the AWS provider."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of everything that can have some."""


class SesConfiguration(pulumi.ComponentResource):
    """A configuration set with safe defaults: TLS required, bounces and complaints suppressed, reputation measured.

    - the configuration set
    - with `managed_pool`: the pool of dedicated addresses
    """

    set_name: pulumi.Output[str]
    """The configuration set's name."""
    arn: pulumi.Output[str]
    """Its ARN: who sends through an identity whose default it is needs a permission on it too."""

    def __init__(self, name: str, args: SesConfigurationArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SesConfiguration", name, {}, opts)
        check_keys("SesConfiguration", args, SesConfigurationArgs)
        _check_choices(args)

        pool = self._create_pool(name, args) if args.get("managed_pool") else args.get("pool")
        configuration_set = self._create_set(name, args, pool)

        self.set_name = configuration_set.configuration_set_name
        self.arn = configuration_set.arn
        self.register_outputs({"set_name": self.set_name, "arn": self.arn})

    def _create_pool(self, name: str, args: SesConfigurationArgs) -> pulumi.Output[str]:
        return sesv2.DedicatedIpPool(
            f"{name}-pool",
            pool_name=args["managed_pool"],
            scaling_mode="MANAGED",
            region=args.get("region"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        ).pool_name

    def _create_set(
        self, name: str, args: SesConfigurationArgs, pool: pulumi.Input[str] | None
    ) -> sesv2.ConfigurationSet:
        vdm = None
        if "vdm" in args:
            state = "ENABLED" if args["vdm"] else "DISABLED"
            vdm = {
                "dashboard_options": {"engagement_metrics": state},
                "guardian_options": {"optimized_shared_delivery": state},
            }
        tracking = None
        if "tracking" in args:
            tracking = {
                "custom_redirect_domain": args["tracking"]["domain"],
                "https_policy": args["tracking"].get("https"),
            }
        return sesv2.ConfigurationSet(
            name,
            configuration_set_name=args.get("name")
            or pulumi.Output.from_input(args["domain"]).apply(default_set_name),
            delivery_options={
                "tls_policy": _TLS[args.get("tls", "require")],
                "sending_pool_name": pool,
                "max_delivery_seconds": args.get("max_delivery_seconds"),
            },
            reputation_options={"reputation_metrics_enabled": args.get("reputation_metrics", True)},
            sending_options={"sending_enabled": args.get("sending", True)},
            suppression_options={"suppressed_reasons": args.get("suppression", list(_SUPPRESSIONS))},
            tracking_options=tracking,
            vdm_options=vdm,
            region=args.get("region"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )


def default_set_name(domain: str) -> str:
    """The name of a domain's configuration set: letters, digits, `_` and `-`, at most 64."""
    return domain.replace(".", "-").replace("@", "-at-")[:_NAME_LENGTH]


def _check_choices(args: SesConfigurationArgs) -> None:
    tracking = args.get("tracking") or {}
    if "tracking" in args:
        check_keys("SesConfiguration tracking", tracking, SesTrackingArgs)
    for argument, value, choices in (
        ("tls", args.get("tls", "require"), tuple(_TLS)),
        ("tracking.https", tracking.get("https", "OPTIONAL"), _HTTPS),
        *(("suppression", reason, _SUPPRESSIONS) for reason in args.get("suppression", ())),
    ):
        if value not in choices:
            raise InvalidArgument(
                "SesConfiguration", argument, f"{value!r} is not one of {', '.join(choices)}"
            )
    if args.get("pool") and args.get("managed_pool"):
        raise InvalidArgument("SesConfiguration", "pool | managed_pool", "give one of them at most")
    seconds = args.get("max_delivery_seconds")
    least, most = _DELIVERY_SECONDS
    if seconds is not None and not least <= seconds <= most:
        raise InvalidArgument(
            "SesConfiguration", "max_delivery_seconds", f"{seconds} is not from {least} to {most}"
        )
