"""How SES treats all mail of an account in one region.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
https://docs.aws.amazon.com/ses/latest/dg/vdm.html
"""

import pulumi
from pulumi_aws import sesv2

from .arguments import InvalidArgument, checked_args
from .ses_account_args import SesAccountArgs
from .ses_configuration_args import SUPPRESSIONS


class SesAccount(pulumi.ComponentResource):
    """Settings that an account has once in a region: make one of it, in a program that all others share.

    - what is put on the suppression list
    - with `vdm`: the Virtual Deliverability Manager

    It does not take the account out of the SES sandbox: AWS offers that to humans only.
    """

    def __init__(self, name: str, args: SesAccountArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SesAccount", name, {}, opts)
        args = checked_args("SesAccount", args, SesAccountArgs)
        self._create_suppression(name, args)
        if "vdm" in args:
            self._create_vdm(name, args)
        self.register_outputs({})

    def _create_suppression(self, name: str, args: SesAccountArgs) -> None:
        reasons = args.get("suppression", list(SUPPRESSIONS))
        for reason in reasons:
            if reason not in SUPPRESSIONS:
                raise InvalidArgument(
                    "SesAccount", "suppression", f"{reason!r} is not one of {', '.join(SUPPRESSIONS)}"
                )
        sesv2.AccountSuppressionAttributes(
            f"{name}-suppression",
            suppressed_reasons=reasons,
            region=args.get("region"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_vdm(self, name: str, args: SesAccountArgs) -> None:
        state = "ENABLED" if args["vdm"] else "DISABLED"
        sesv2.AccountVdmAttributes(
            f"{name}-vdm",
            vdm_enabled=state,
            dashboard_attributes={"engagement_metrics": state},
            guardian_attributes={"optimized_shared_delivery": state},
            region=args.get("region"),
            opts=pulumi.ResourceOptions(parent=self),
        )
