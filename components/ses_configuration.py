"""A configuration set: how SES treats what is sent through an identity.

https://docs.aws.amazon.com/ses/latest/dg/using-configuration-sets.html
"""

import hashlib
import re

import pulumi
from pulumi_aws import sesv2

from .arguments import InvalidArgument, applied, check_keys, checked_args
from .ses_configuration_args import SUPPRESSIONS, SesConfigurationArgs, SesTrackingArgs
from .ses_destinations import check_destinations, event_destination

_TLS = {"require": "REQUIRE", "optional": "OPTIONAL"}
_HTTPS = ("REQUIRE", "REQUIRE_OPEN_ONLY", "OPTIONAL")
_NAME_LENGTH = 64
# What a readable name would not tell apart, or may not have in it.
_UNREADABLE = re.compile(r"-\.|\.-|_at_|[^\w.@-]", re.ASCII)
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_DeliveryOptions.html
_DELIVERY_SECONDS = (300, 50400)


class SesConfiguration(pulumi.ComponentResource):
    """A configuration set with safe defaults: TLS required, bounces and complaints suppressed, reputation measured.

    - the configuration set
    - with `managed_pool`: the pool of dedicated addresses
    - an event destination for each of `destinations`
    """

    set_name: pulumi.Output[str]
    """The configuration set's name."""
    arn: pulumi.Output[str]
    """Its ARN: who sends through an identity whose default it is needs a permission on it too."""

    def __init__(self, name: str, args: SesConfigurationArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SesConfiguration", name, {}, opts)
        args = checked_args("SesConfiguration", args, SesConfigurationArgs)
        _check_choices(args)
        check_destinations(args.get("destinations", []))

        pool = self._create_pool(name, args) if args.get("managed_pool") else args.get("pool")
        configuration_set = self._create_set(name, args, pool)
        self._create_destinations(name, args, configuration_set)

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
            configuration_set_name=args.get("name") or applied(args["domain"], default_set_name),
            delivery_options={
                "tls_policy": _TLS[args.get("tls", "require")],
                "sending_pool_name": pool,
                "max_delivery_seconds": args.get("max_delivery_seconds"),
            },
            reputation_options={"reputation_metrics_enabled": args.get("reputation_metrics", True)},
            sending_options={"sending_enabled": args.get("sending", True)},
            suppression_options={"suppressed_reasons": args.get("suppression", list(SUPPRESSIONS))},
            tracking_options=tracking,
            vdm_options=vdm,
            region=args.get("region"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_destinations(
        self, name: str, args: SesConfigurationArgs, configuration_set: sesv2.ConfigurationSet
    ) -> None:
        for destination in args.get("destinations", []):
            sesv2.ConfigurationSetEventDestination(
                f"{name}-to-{destination['name']}",
                configuration_set_name=configuration_set.configuration_set_name,
                event_destination_name=destination["name"],
                event_destination=event_destination(destination, configuration_set.arn),
                region=args.get("region"),
                opts=pulumi.ResourceOptions(parent=self),
            )


def default_set_name(domain: str) -> str:
    """The name of a domain's or an address's configuration set: letters, digits, `_` and `-`, at most 64.

    No two have the same: a hyphen is doubled, and what does not fit ends in a digest.
    """
    name = domain.replace("-", "--").replace(".", "-").replace("@", "_at_")
    if len(name) <= _NAME_LENGTH and not _UNREADABLE.search(domain):
        return name
    digest = hashlib.sha256(domain.encode()).hexdigest()[:8]
    return f"{_UNREADABLE.sub('_', name)[: _NAME_LENGTH - 9]}-{digest}"


def _check_choices(args: SesConfigurationArgs) -> None:
    tracking = args.get("tracking") or {}
    if "tracking" in args:
        check_keys("SesConfiguration tracking", tracking, SesTrackingArgs)
    for argument, value, choices in (
        ("tls", args.get("tls", "require"), tuple(_TLS)),
        ("tracking.https", tracking.get("https", "OPTIONAL"), _HTTPS),
        *(("suppression", reason, SUPPRESSIONS) for reason in args.get("suppression", ())),
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
