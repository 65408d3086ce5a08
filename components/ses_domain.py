"""A domain that Amazon SES may send from: the identity, its DNS records, and the wait until they are seen.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

from typing import NotRequired, TypedDict

import pulumi
from pulumi_aws import get_region_output, route53, ses, sesv2

from .arguments import InvalidArgument, check_keys, checked
from .dns import DnsRecord, check_domain, missing_records
from .ses_regions import ses_region

# SES always gives three: https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html
_DKIM_TOKENS = 3
_TTL_SECONDS = 1800

_DNS_WRITERS = ("route53", "manual")
_VERIFICATIONS = ("wait", "skip")
_DMARC_POLICIES = ("none", "quarantine", "reject")


class SesIdentityArgs(TypedDict):
    """How a domain becomes one that SES may send from. All of it has a default."""

    region: NotRequired[pulumi.Input[str]]
    """The SES region. Defaults to the region of the AWS provider."""
    dns: NotRequired[str]
    """Who writes the DNS records: `route53`, or `manual` (you, from the output `dns_records`).
    Defaults to `route53`."""
    zone: NotRequired[pulumi.Input[str]]
    """The id of the Route 53 zone that holds the domain. Defaults to the public zone of the domain's own name."""
    dmarc: NotRequired[pulumi.Input[str]]
    """The DMARC policy, what receivers do with mail that fails: `none` (only report it), `quarantine` or `reject`.
    Defaults to `none`."""
    verification: NotRequired[str]
    """`wait` until SES has verified the domain, so that what depends on it can send; or `skip`. Defaults to `wait`."""
    timeout: NotRequired[int]
    """How long to wait for the verification, in seconds. Defaults to `600`; SES itself looks for up to 72 hours."""
    resolver: NotRequired[str]
    """The `address:port` of the DNS server that is asked which records are missing when verification fails.
    Defaults to the machine's own."""


class SesDomainArgs(SesIdentityArgs):
    """Arguments of SesDomain."""

    domain: pulumi.Input[str]
    """The domain that mail is sent from, such as `example.com`."""


class SesDomain(pulumi.ComponentResource):
    """A domain verified at SES with Easy DKIM (2048 bits, SES's default), and a DMARC record.

    - the SES identity
    - three DKIM CNAMEs and the DMARC TXT in Route 53, unless `dns` is `manual`
    - the verification, which fails after `timeout` with the list of records that DNS does not show

    It does not take the account out of the SES sandbox: AWS offers that to humans only.
    """

    arn: pulumi.Output[str]
    """The ARN of the identity."""
    region: pulumi.Output[str]
    """The region that the identity lives in."""
    dns_records: pulumi.Output[list[DnsRecord]]
    """Every record the domain needs, whoever writes it."""

    def __init__(self, name: str, args: SesDomainArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SesDomain", name, {}, opts)
        check_keys("SesDomain", args, SesDomainArgs)
        dns_writer = _checked_choice("dns", args.get("dns", "route53"), _DNS_WRITERS)
        verification = _checked_choice("verification", args.get("verification", "wait"), _VERIFICATIONS)
        domain = checked("SesDomain", "domain", args["domain"], check_domain)
        region = self._resolve_region(args.get("region"))

        identity = self._create_identity(name, domain, args.get("region"))
        records = self._describe_records(identity, domain, region, args.get("dmarc", "none"))
        self.dns_records = pulumi.Output.all(*records.values())

        written = []
        if dns_writer == "route53":
            zone_id = args.get("zone") or self._look_up_zone(domain)
            written = self._write_to_route53(name, records, zone_id)
        if verification == "wait":
            self._create_verification(name, args, domain, identity, written)

        self.arn = identity.arn
        self.region = region
        self.register_outputs({"arn": self.arn, "region": self.region, "dns_records": self.dns_records})

    def _resolve_region(self, region: pulumi.Input[str] | None) -> pulumi.Output[str]:
        if region is not None:
            return pulumi.Output.from_input(region)
        return get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region

    def _create_identity(
        self, name: str, domain: pulumi.Input[str], region: pulumi.Input[str] | None
    ) -> sesv2.EmailIdentity:
        return sesv2.EmailIdentity(
            name,
            email_identity=domain,
            region=region,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _describe_records(
        self,
        identity: sesv2.EmailIdentity,
        domain: pulumi.Input[str],
        region: pulumi.Output[str],
        dmarc: pulumi.Input[str],
    ) -> dict[str, DnsRecord]:
        """The records by the role that their resources are named after."""
        zone = region.apply(lambda known: ses_region(known).dkim_zone)
        records: dict[str, DnsRecord] = {}
        for index in range(_DKIM_TOKENS):
            # Bound at once: a token is unknown in the first preview, the number of tokens never is.
            token = identity.dkim_signing_attributes.apply(lambda dkim, i=index: dkim["tokens"][i])
            records[f"dkim-{index}"] = DnsRecord(
                name=pulumi.Output.concat(token, "._domainkey.", domain),
                type="CNAME",
                value=pulumi.Output.concat(token, ".", zone),
                ttl=_TTL_SECONDS,
                why="DKIM: proves to SES that the domain is yours, and signs your mail",
            )
        policy = checked("SesDomain", "dmarc", dmarc, _checked_dmarc)
        records["dmarc"] = DnsRecord(
            name=pulumi.Output.concat("_dmarc.", domain),
            type="TXT",
            value=pulumi.Output.concat("v=DMARC1; p=", policy),
            ttl=_TTL_SECONDS,
            why="DMARC: large receivers refuse bulk mail from a domain without it",
        )
        return records

    def _look_up_zone(self, domain: pulumi.Input[str]) -> pulumi.Output[str]:
        return route53.get_zone_output(
            name=domain, private_zone=False, opts=pulumi.InvokeOutputOptions(parent=self)
        ).zone_id

    def _write_to_route53(
        self, name: str, records: dict[str, DnsRecord], zone_id: pulumi.Input[str]
    ) -> list[route53.Record]:
        return [
            route53.Record(
                f"{name}-{role}",
                zone_id=zone_id,
                name=record["name"],
                type=record["type"],
                ttl=record["ttl"],
                records=[record["value"]],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for role, record in records.items()
        ]

    def _create_verification(
        self,
        name: str,
        args: SesDomainArgs,
        domain: pulumi.Input[str],
        identity: sesv2.EmailIdentity,
        written: list[route53.Record],
    ) -> None:
        timeout = int(args.get("timeout", 600))
        resolver = args.get("resolver", "")
        # The provider's own error says only that time ran out.
        explain = pulumi.ErrorHook(f"{name}-verification", self._explain_with(resolver))
        ses.DomainIdentityVerification(
            f"{name}-verification",
            domain=domain,
            region=args.get("region"),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[identity, *written],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{timeout}s"),
                hooks=pulumi.ResourceHookBinding(on_error=[explain]),
            ),
        )

    def _explain_with(self, resolver: str):
        async def explain(_: pulumi.ErrorHookArgs) -> bool:
            missing = missing_records(await self.dns_records.future(), resolver)
            pulumi.log.error(_describe_missing(missing), self)
            return False  # do not try again

        return explain


def _describe_missing(missing: list[DnsRecord]) -> str:
    if not missing:
        return (
            "every DNS record is there, but SES has not seen them yet: run `pulumi up` again in a few minutes"
        )
    lines = [f"  {record['name']} {record['type']} {record['value']}" for record in missing]
    return "\n".join(
        [
            "SES cannot verify the domain: DNS does not show these records; add them and run `pulumi up` again:",
            *lines,
        ]
    )


def _checked_choice(argument: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise InvalidArgument("SesDomain", argument, f"{value!r} is not one of {', '.join(choices)}")
    return value


def _checked_dmarc(policy: str) -> str:
    return _checked_choice("dmarc", policy, _DMARC_POLICIES)
