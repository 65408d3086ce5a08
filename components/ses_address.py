"""One address that Amazon SES may send from, where the domain is not yours to verify.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html#verify-email-addresses-procedure
"""

import pulumi

from .arguments import InvalidArgument, checked, checked_args
from .dns import check_address
from .ses_address_args import SesAddressArgs
from .ses_domain_args import SesIdentityArgs
from .ses_identity import SesIdentity
from .ses_identity_args import check_identity_args


class SesAddress(pulumi.ComponentResource):
    """An address from which SES sends once its owner has agreed: SES mails a link there, which is good for 24 hours.

    - the SES identity, and what belongs to it: policies, tenant
    - a configuration set, the default of all its mail: a relay need not name it
    - the verification, which fails after `timeout` when nobody has followed the link

    It has no DNS records. SES signs its mail for an Amazon domain only, so that the mail fails DMARC where the
    domain has a policy: verify the domain itself (SesDomain) wherever that is possible.
    """

    arn: pulumi.Output[str]
    """The ARN of the identity: a login that may send through it may send from this address only."""
    region: pulumi.Output[str]
    """The region that the identity lives in."""
    configuration_set: pulumi.Output[str]
    """The name of the configuration set; empty without one."""
    configuration_set_arn: pulumi.Output[str]
    """Its ARN: who sends needs a permission on it too. Empty without one."""

    def __init__(self, name: str, args: SesAddressArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SesAddress", name, {}, opts)
        _refuse_what_needs_a_domain(args)
        args = checked_args("SesAddress", args, SesAddressArgs)
        check_identity_args("SesAddress", args)
        address = checked("SesAddress", "address", args["address"], check_address)

        identity = SesIdentity(self, name, address, args)
        if args.get("verification", "wait") == "wait":
            identity.create_verification(args, [], lambda _: self._explain(address))

        self.arn = identity.arn
        self.region = identity.region
        self.configuration_set = identity.configuration_set
        self.configuration_set_arn = identity.configuration_set_arn
        self.register_outputs(
            {
                "arn": self.arn,
                "region": self.region,
                "configuration_set": self.configuration_set,
                "configuration_set_arn": self.configuration_set_arn,
            }
        )

    async def _explain(self, address: pulumi.Input[str]) -> str:
        known = await pulumi.Output.all(address, self.region).future()
        return _describe_unfollowed(*known)


def _refuse_what_needs_a_domain(args: SesAddressArgs) -> None:
    for key in args:
        if key in SesIdentityArgs.__annotations__ and key not in SesAddressArgs.__annotations__:
            raise InvalidArgument(
                "SesAddress",
                key,
                "needs a domain, which SES does not verify with an address: leave it out, or verify the domain",
            )


def _describe_unfollowed(address: str, region: str) -> str:
    return (
        f"SES in {region} cannot verify {address}: nobody has followed the link in the mail that it sent there. Follow "
        "it and run `pulumi up` again. A link is good for 24 hours; to get another one: aws sesv2 "
        f"delete-email-identity --region {region} --email-identity {address}, pulumi refresh, pulumi up"
    )
