"""A domain that Amazon SES may send from: the identity, its DNS records, and the wait until they are seen.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import dns.exception
import pulumi
from pulumi_aws import get_region_output, route53, ses, sesv2

from . import dkim_key
from .arguments import InvalidArgument, check_keys, checked
from .dmarc import DmarcPolicy, dmarc_value, report_authorisations
from .dns import DnsRecord, Lookup, check_domain, txt_strings, zone_snippet
from .hosted_zone import found_zone, given_zone
from .sending_policy import identity_policy
from .ses_configuration import SesConfiguration, SesConfigurationArgs, SesConfigurationOptions
from .ses_regions import SesRegion, SesRegionData, ses_region
from .spf import check_lookups, merged_spf

# SES always gives three: https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html
_DKIM_TOKENS = 3
_TTL_SECONDS = 1800
# What a receiver of SES's mail looks up for SPF: https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
_SPF_INCLUDE = "amazonses.com"
_MAIL_FROM_LABEL = "bounce"

_DNS_WRITERS = ("route53", "manual")
_VERIFICATIONS = ("wait", "skip")
_PARTS = ("mail_from", "dmarc", "configuration")
_KEY_BITS = {1024: "RSA_1024_BIT", 2048: "RSA_2048_BIT"}
_MX_FAILURE = {"default": "USE_DEFAULT_VALUE", "reject": "REJECT_MESSAGE"}

RecordWriter = Callable[[str, DnsRecord, pulumi.ResourceOptions], pulumi.Resource]
"""Writes one record at a DNS provider: gets the resource's name, the record and the options, returns the resource."""


class DkimArgs(TypedDict):
    """How mail is signed. Either SES makes the key (Easy DKIM), or you bring `selector` and `private_key`."""

    bits: NotRequired[int]
    """Length of SES's key: `1024` or `2048`. Defaults to SES's own, `2048`."""
    selector: NotRequired[str]
    """The name of your key: one DNS label, of your choice."""
    private_key: NotRequired[pulumi.Input[str]]
    """Your RSA key of 1024 to 2048 bits, as PEM text; secret. SES does not show it again: keep it."""


class MailFromArgs(TypedDict):
    """The domain of the envelope sender, to which bounces return. SPF passes for it, and DMARC counts that."""

    domain: NotRequired[pulumi.Input[str]]
    """A sub-domain of the identity that receives no other mail. Defaults to `bounce.<domain>`. One in each region."""
    on_mx_failure: NotRequired[str]
    """When its MX is not seen: `default` sends with a domain of Amazon's, `reject` does not send. Defaults to
    `default`."""


class SesIdentityArgs(TypedDict):
    """How a domain becomes one that SES may send from. All of it has a default."""

    region: NotRequired[pulumi.Input[str]]
    """The SES region. Defaults to the region of the AWS provider."""
    region_data: NotRequired[SesRegionData]
    """What this version does not know about the region. Defaults to what AWS has published."""
    dns: NotRequired[str]
    """Who writes the DNS records: `route53`, or `manual` (you, from the output `dns_records`). Defaults to `route53`;
    of an adopted identity to `manual`."""
    zone: NotRequired[pulumi.Input[str]]
    """The id of the Route 53 zone that holds the domain. Defaults to the public zone of the domain's own name, or of
    the nearest domain above it."""
    overwrite: NotRequired[bool]
    """Whether records that exist in the zone already are taken over. Defaults to `False`: they are an error."""
    dkim: NotRequired[DkimArgs]
    """How mail is signed. Defaults to Easy DKIM with 2048 bits."""
    mail_from: NotRequired[MailFromArgs]
    """The domain of the envelope sender. Defaults to `bounce.<domain>`."""
    dmarc: NotRequired[DmarcPolicy]
    """What receivers do with mail that claims the domain falsely. Defaults to `{"p": "none"}`: they only report."""
    apex_spf: NotRequired[bool]
    """Whether SES is added to the SPF record of the domain itself, whatever else that says. Needed by receivers that
    look at it instead of the MAIL FROM domain's. All TXT values that DNS shows there stay, and outlive the stack.
    Defaults to `False`: the record is not touched."""
    configuration: NotRequired[SesConfigurationOptions]
    """The configuration set of all mail from the domain. Defaults to one with safe defaults."""
    without: NotRequired[list[str]]
    """What is not made at all: of `mail_from`, `dmarc`, `configuration`. Defaults to `[]`."""
    feedback_forwarding: NotRequired[bool]
    """Whether SES mails bounces and complaints to the sender, too. Defaults to SES's own, which is to do so."""
    policies: NotRequired[dict[str, pulumi.Input[str]]]
    """Sending authorisation: who else may send from the domain, as IAM policy documents in JSON by name. A statement
    without a `Resource` is about the identity."""
    tenant: NotRequired[str]
    """A tenant to be made, to which the identity and the configuration set belong. Defaults to none."""
    adopt: NotRequired[bool]
    """Whether the identity exists already and belongs to somebody else: it is used, and nothing of it is changed.
    Defaults to `False`."""
    verification: NotRequired[str]
    """`wait` until SES has verified the domain, so that what depends on it can send; or `skip`. Defaults to `wait`."""
    timeout: NotRequired[int]
    """How long to wait for the verification, in seconds. Defaults to `600`; SES itself looks for up to 72 hours."""
    resolver: NotRequired[str]
    """The `address:port` of the DNS server that is asked what DNS shows. Defaults to the machine's own."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of everything that can have some."""


class SesDomainArgs(SesIdentityArgs):
    """Arguments of SesDomain."""

    domain: pulumi.Input[str]
    """The domain that mail is sent from, such as `example.com`."""


class SesDomain(pulumi.ComponentResource):
    """A domain from which mail passes SPF, DKIM and DMARC.

    - the SES identity, with Easy DKIM or a key of yours, and what belongs to it: custom MAIL FROM, policies, tenant
    - a configuration set, the default of all its mail: a relay need not name it
    - the DNS records: DKIM, MX and SPF of the MAIL FROM domain, DMARC; in Route 53, or where `write_record` puts them
    - the verification, which fails after `timeout` with the list of records that DNS does not show

    It does not take the account out of the SES sandbox: AWS offers that to humans only.

    `write_record` replaces Route 53: it is called for each record, and returns the resource that writes it.
    """

    arn: pulumi.Output[str]
    """The ARN of the identity."""
    region: pulumi.Output[str]
    """The region that the identity lives in."""
    dns_records: pulumi.Output[list[DnsRecord]]
    """Every record the domain needs, whoever writes it; also those that a foreign domain must publish."""
    zone_snippet: pulumi.Output[str]
    """The same as lines of a BIND zone file."""
    mail_from_domain: pulumi.Output[str]
    """The domain of the envelope sender; empty for Amazon's own."""
    configuration_set: pulumi.Output[str]
    """The name of the configuration set; empty without one."""
    configuration_set_arn: pulumi.Output[str]
    """Its ARN: who sends needs a permission on it too. Empty without one."""

    def __init__(
        self,
        name: str,
        args: SesDomainArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        write_record: RecordWriter | None = None,
    ):
        super().__init__("opensmtpd:index:SesDomain", name, {}, opts)
        check_keys("SesDomain", args, SesDomainArgs)
        _check_choices(args)
        domain = checked("SesDomain", "domain", args["domain"], check_domain)
        self.region = self._resolve_region(args.get("region"))
        self._lookup = Lookup(args.get("resolver", ""))

        configuration = self._create_configuration(name, domain, args)
        identity = (
            self._adopt_identity(domain, args)
            if args.get("adopt")
            else self._create_identity(name, domain, args, configuration)
        )
        mail_from = self._create_mail_from(name, domain, args, identity)
        self._create_belongings(name, domain, args, identity, configuration)

        records = self._describe_records(domain, args, identity, mail_from)
        self.dns_records = pulumi.Output.all(
            list(records.values()), self._describe_others(domain, args, identity)
        ).apply(lambda known: [*known[0], *known[1]])
        self.zone_snippet = self.dns_records.apply(zone_snippet)
        written = self._write_records(name, domain, args, records, write_record)
        if args.get("verification", "wait") == "wait":
            self._create_verification(name, domain, args, [*identity.resources, *written])

        self.arn = identity.arn
        self.mail_from_domain = pulumi.Output.from_input(mail_from or "")
        self.configuration_set = identity.configuration_set
        self.configuration_set_arn = pulumi.Output.all(arn=self.arn, name=self.configuration_set).apply(
            lambda known: _configuration_set_arn(known["arn"], known["name"])
        )
        self.register_outputs(
            {
                "arn": self.arn,
                "region": self.region,
                "dns_records": self.dns_records,
                "zone_snippet": self.zone_snippet,
                "mail_from_domain": self.mail_from_domain,
                "configuration_set": self.configuration_set,
                "configuration_set_arn": self.configuration_set_arn,
            }
        )

    def _resolve_region(self, region: pulumi.Input[str] | None) -> pulumi.Output[str]:
        if region is not None:
            return pulumi.Output.from_input(region)
        return get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region

    def _create_configuration(
        self, name: str, domain: pulumi.Input[str], args: SesDomainArgs
    ) -> SesConfiguration | None:
        if not _has(args, "configuration"):
            return None
        return SesConfiguration(
            f"{name}-configuration",
            SesConfigurationArgs(domain=domain, **_regional(args), **args.get("configuration", {})),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_identity(
        self,
        name: str,
        domain: pulumi.Input[str],
        args: SesDomainArgs,
        configuration: SesConfiguration | None,
    ) -> "_Identity":
        identity = sesv2.EmailIdentity(
            name,
            email_identity=domain,
            configuration_set_name=configuration.set_name if configuration else None,
            dkim_signing_attributes=_signing(args.get("dkim", {})),
            **_regional(args),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return _Identity(
            arn=identity.arn,
            tokens=identity.dkim_signing_attributes["tokens"],
            configuration_set=configuration.set_name if configuration else pulumi.Output.from_input(""),
            resources=(identity,),
        )

    def _adopt_identity(self, domain: pulumi.Input[str], args: SesDomainArgs) -> "_Identity":
        identity = sesv2.get_email_identity_output(
            email_identity=domain, region=args.get("region"), opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return _Identity(
            arn=identity.arn,
            tokens=identity.dkim_signing_attributes.apply(_easy_dkim_tokens),
            configuration_set=identity.configuration_set_name.apply(lambda name: name or ""),
            is_ours=False,
        )

    def _create_mail_from(
        self, name: str, domain: pulumi.Input[str], args: SesDomainArgs, identity: "_Identity"
    ) -> pulumi.Output[str] | None:
        if not _has(args, "mail_from"):
            return None
        mail_from = args.get("mail_from", {})
        given = mail_from.get("domain") or pulumi.Output.concat(_MAIL_FROM_LABEL, ".", domain)
        return sesv2.EmailIdentityMailFromAttributes(
            f"{name}-mail-from",
            email_identity=domain,
            mail_from_domain=_checked_mail_from(given, domain),
            behavior_on_mx_failure=_MX_FAILURE[mail_from.get("on_mx_failure", "default")],
            region=args.get("region"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(identity.resources)),
        ).mail_from_domain

    def _create_belongings(
        self,
        name: str,
        domain: pulumi.Input[str],
        args: SesDomainArgs,
        identity: "_Identity",
        configuration: SesConfiguration | None,
    ) -> None:
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(identity.resources))
        region = args.get("region")
        if "feedback_forwarding" in args:
            sesv2.EmailIdentityFeedbackAttributes(
                f"{name}-feedback",
                email_identity=domain,
                email_forwarding_enabled=args["feedback_forwarding"],
                region=region,
                opts=opts,
            )
        for policy_name, document in args.get("policies", {}).items():
            sesv2.EmailIdentityPolicy(
                f"{name}-policy-{policy_name}",
                email_identity=domain,
                policy_name=policy_name,
                policy=pulumi.Output.all(document, identity.arn).apply(_completed_policy),
                region=region,
                opts=opts,
            )
        if tenant_name := args.get("tenant"):
            tenant = sesv2.Tenant(
                f"{name}-tenant",
                tenant_name=tenant_name,
                **_regional(args),
                opts=pulumi.ResourceOptions(parent=self),
            )
            belongings = {"identity": identity.arn}
            if configuration:
                belongings["configuration"] = configuration.arn
            for role, arn in belongings.items():
                sesv2.TenantResourceAssociation(
                    f"{name}-tenant-{role}",
                    tenant_name=tenant.tenant_name,
                    resource_arn=arn,
                    region=region,
                    opts=pulumi.ResourceOptions(parent=self),
                )

    def _describe_records(
        self,
        domain: pulumi.Input[str],
        args: SesDomainArgs,
        identity: "_Identity",
        mail_from: pulumi.Output[str] | None,
    ) -> dict[str, DnsRecord]:
        """The records by the role that their resources are named after."""
        published = self._published(args)
        dkim = args.get("dkim", {})
        if "private_key" in dkim:
            records = {"dkim": _own_key_record(dkim, domain)}
        elif identity.is_ours:
            # A token is unknown in the first preview, the number of tokens never is.
            records = {
                f"dkim-{index}": _easy_dkim_record(identity.tokens[index], domain, published)
                for index in range(_DKIM_TOKENS)
            }
        else:
            records = {}
        if mail_from is not None:
            records["mail-from-mx"] = DnsRecord(
                name=mail_from,
                type="MX",
                value=published.apply(lambda known: f"10 {known.mail_from_mx}"),
                ttl=_TTL_SECONDS,
                why="MAIL FROM: bounces return to SES",
            )
            records["mail-from-spf"] = DnsRecord(
                name=mail_from,
                type="TXT",
                value=f"v=spf1 include:{_SPF_INCLUDE} ~all",
                ttl=_TTL_SECONDS,
                why="SPF: SES may send for the MAIL FROM domain",
            )
        if _has(args, "dmarc"):
            records["dmarc"] = DnsRecord(
                name=pulumi.Output.concat("_dmarc.", domain),
                type="TXT",
                value=checked("SesDomain", "dmarc", args.get("dmarc", {}), dmarc_value),
                ttl=_TTL_SECONDS,
                why="DMARC: large receivers refuse bulk mail from a domain without it",
            )
        if args.get("apex_spf"):
            records["spf"] = DnsRecord(
                name=domain,
                type="TXT",
                value=self._texts(domain).apply(lambda texts: self._merged(texts)),
                ttl=_TTL_SECONDS,
                why="SPF: SES may send for the domain itself",
            )
        return records

    def _describe_others(
        self, domain: pulumi.Input[str], args: SesDomainArgs, identity: "_Identity"
    ) -> pulumi.Output[list[DnsRecord]]:
        """The records that are others' to publish: an adopted identity's DKIM, and the consent of report receivers."""
        reports = pulumi.Output.from_input(domain).apply(
            lambda known: _report_records(args.get("dmarc", {}), known)
        )
        if identity.is_ours:
            return reports
        published = self._published(args)
        dkim = identity.tokens.apply(
            lambda tokens: pulumi.Output.all(
                *(_easy_dkim_record(token, domain, published) for token in tokens)
            )
        )
        return pulumi.Output.all(dkim, reports).apply(lambda known: [*known[0], *known[1]])

    def _published(self, args: SesDomainArgs) -> pulumi.Output[SesRegion]:
        return self.region.apply(lambda known: ses_region(known, args.get("region_data")))

    def _texts(self, domain: pulumi.Input[str]) -> pulumi.Output[list[str]]:
        async def look_up(name: str) -> list[str]:
            try:
                return await asyncio.to_thread(self._lookup.texts, name)
            except dns.exception.DNSException as error:
                raise InvalidArgument(
                    "SesDomain",
                    "apex_spf",
                    f"what {name!r} says now cannot be looked up ({error}): try again",
                ) from None

        return pulumi.Output.from_input(domain).apply(look_up)

    async def _merged(self, texts: list[str]) -> str:
        def merge(known: list[str]) -> str:
            merged = merged_spf(known, _SPF_INCLUDE)
            check_lookups(merged, lambda name: self._lookup.values(name, "TXT"))
            return merged

        return await asyncio.to_thread(checked, "SesDomain", "apex_spf", texts, merge)

    def _write_records(
        self,
        name: str,
        domain: pulumi.Input[str],
        args: SesDomainArgs,
        records: dict[str, DnsRecord],
        write_record: RecordWriter | None,
    ) -> list[pulumi.Resource]:
        options = {role: pulumi.ResourceOptions(parent=self) for role in records}
        if write_record:
            return [write_record(f"{name}-{role}", record, options[role]) for role, record in records.items()]
        if args.get("dns", "manual" if args.get("adopt") else "route53") == "manual":
            return []
        zone = given_zone(args["zone"], domain, self) if args.get("zone") else found_zone(domain, self)
        values = {role: [_route53_value(record)] for role, record in records.items()}
        if "spf" in records:
            # A name has one set of TXT values: what else is in it stays, also when the stack goes.
            options["spf"].retain_on_delete = True
            values["spf"] = pulumi.Output.all(self._texts(domain), *values["spf"]).apply(
                lambda known: [
                    known[1],
                    *(text for text in known[0] if not text.lower().startswith("v=spf1")),
                ]
            )
        return [
            route53.Record(
                f"{name}-{role}",
                zone_id=zone,
                name=record["name"],
                type=record["type"],
                ttl=record["ttl"],
                records=values[role],
                allow_overwrite=True if role == "spf" or args.get("overwrite") else None,
                opts=options[role],
            )
            for role, record in records.items()
        ]

    def _create_verification(
        self, name: str, domain: pulumi.Input[str], args: SesDomainArgs, required: list[pulumi.Resource]
    ) -> None:
        # The provider's own error says only that time ran out.
        explain = pulumi.ErrorHook(f"{name}-verification", self._explain)
        ses.DomainIdentityVerification(
            f"{name}-verification",
            domain=domain,
            region=args.get("region"),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=required,
                custom_timeouts=pulumi.CustomTimeouts(create=f"{int(args.get('timeout', 600))}s"),
                hooks=pulumi.ResourceHookBinding(on_error=[explain]),
            ),
        )

    async def _explain(self, _: pulumi.ErrorHookArgs) -> bool:
        unmet = await asyncio.to_thread(self._lookup.unmet, await self.dns_records.future())
        pulumi.log.error(_describe_unmet(unmet), self)
        return False  # do not try again


@dataclass(frozen=True)
class _Identity:
    """What the rest needs of an identity, made here or adopted."""

    arn: pulumi.Output[str]
    tokens: pulumi.Output[list[str]]
    configuration_set: pulumi.Output[str]
    is_ours: bool = True
    resources: tuple[pulumi.Resource, ...] = ()


def _completed_policy(known: list[str]) -> str:
    document, identity_arn = known
    return checked("SesDomain", "policies", document, lambda text: identity_policy(text, identity_arn))


def _easy_dkim_record(
    token: pulumi.Input[str], domain: pulumi.Input[str], published: pulumi.Output[SesRegion]
) -> DnsRecord:
    return DnsRecord(
        name=pulumi.Output.concat(token, "._domainkey.", domain),
        type="CNAME",
        value=pulumi.Output.concat(token, ".", published.apply(lambda known: known.dkim_zone)),
        ttl=_TTL_SECONDS,
        why="DKIM: proves to SES that the domain is yours, and signs your mail",
    )


def _easy_dkim_tokens(attributes: list[Any]) -> list[str]:
    # With a key of its owner's own, the "token" is a selector, and the record cannot be known.
    return [
        token
        for attribute in attributes
        if attribute["signing_attributes_origin"] != "EXTERNAL"
        for token in attribute["tokens"]
    ]


def _own_key_record(dkim: DkimArgs, domain: pulumi.Input[str]) -> DnsRecord:
    public = _checked_key(dkim["private_key"], dkim_key.public_record)
    return DnsRecord(
        name=pulumi.Output.concat(dkim["selector"], "._domainkey.", domain),
        type="TXT",
        value=pulumi.Output.unsecret(public),  # it is for everybody to read
        ttl=_TTL_SECONDS,
        why="DKIM: the key that receivers check your signatures with",
    )


def _signing(dkim: DkimArgs) -> dict[str, Any] | None:
    if "private_key" in dkim:
        return {
            "domain_signing_selector": dkim["selector"],
            "domain_signing_private_key": _checked_key(dkim["private_key"], dkim_key.signing_key),
        }
    # Unsaid, it is SES's own 2048; said, the tokens would be half known in a preview.
    return {"next_signing_key_length": _KEY_BITS[int(dkim["bits"])]} if "bits" in dkim else None


def _checked_key(pem: pulumi.Input[str], check: Callable[[str], str]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(
        checked("SesDomain", "dkim.private_key", pulumi.Output.secret(pem), check)
    )


def _checked_mail_from(mail_from: pulumi.Input[str], domain: pulumi.Input[str]) -> pulumi.Output[str]:
    def check(known: Mapping[str, str]) -> str:
        given, identity = known["mail_from"].lower().rstrip("."), known["domain"]
        if given == identity:
            raise _mail_from_error(
                given, f"is the domain itself; name one below it, such as bounce.{identity}"
            )
        if not given.endswith(f".{identity}"):
            raise _mail_from_error(given, f"is not below {identity!r}; name one such as bounce.{identity}")
        return checked("SesDomain", "mail_from.domain", given, check_domain)

    return pulumi.Output.all(mail_from=mail_from, domain=domain).apply(check)


def _mail_from_error(given: str, reason: str) -> InvalidArgument:
    return InvalidArgument("SesDomain", "mail_from.domain", f"{given!r} {reason}")


def _route53_value(record: DnsRecord) -> pulumi.Input[str]:
    if record["type"] != "TXT":
        return record["value"]
    # The provider puts the outer quotes around a value, and splits nothing.
    return pulumi.Output.from_input(record["value"]).apply(lambda value: '" "'.join(txt_strings(value)))


def _report_records(policy: DmarcPolicy, domain: str) -> list[DnsRecord]:
    return [
        DnsRecord(
            name=name,
            type="TXT",
            value="v=DMARC1",
            ttl=_TTL_SECONDS,
            why=f"DMARC: that domain agrees to get reports about {domain}; its owner publishes this",
        )
        for name in report_authorisations(policy, domain)
    ]


def _configuration_set_arn(identity_arn: str, name: str) -> str:
    # arn:PARTITION:ses:REGION:ACCOUNT:identity/DOMAIN
    return f"{identity_arn.rpartition(':')[0]}:configuration-set/{name}" if name else ""


def _describe_unmet(unmet: list[tuple[DnsRecord, list[str]]]) -> str:
    if not unmet:
        return (
            "every DNS record is there, but SES has not seen them yet: run `pulumi up` again in a few minutes"
        )
    lines = []
    for record, values in unmet:
        shown = f"   (DNS shows: {', '.join(values)})" if values else ""
        lines.append(f"  {record['name']} {record['type']} {record['value']}{shown}")
    return "\n".join(
        [
            "SES cannot verify the domain: DNS does not show these records; add them and run `pulumi up` again:",
            *lines,
        ]
    )


def _regional(args: SesDomainArgs) -> dict[str, Any]:
    return {key: args[key] for key in ("region", "tags") if key in args}


def _has(args: SesDomainArgs, part: str) -> bool:
    # Nothing of an adopted identity is changed unless it is asked for.
    return part in args if args.get("adopt") and part != "dmarc" else part not in args.get("without", [])


def _check_choices(args: SesDomainArgs) -> None:
    dkim, mail_from = args.get("dkim", {}), args.get("mail_from", {})
    check_keys("SesDomain dkim", dkim, DkimArgs)
    check_keys("SesDomain mail_from", mail_from, MailFromArgs)
    for argument, value, choices in (
        ("dns", args.get("dns", "route53"), _DNS_WRITERS),
        ("verification", args.get("verification", "wait"), _VERIFICATIONS),
        ("dkim.bits", dkim.get("bits", 2048), tuple(_KEY_BITS)),
        ("mail_from.on_mx_failure", mail_from.get("on_mx_failure", "default"), tuple(_MX_FAILURE)),
        *(("without", part, _PARTS) for part in args.get("without", [])),
    ):
        if value not in choices:
            raise InvalidArgument(
                "SesDomain", argument, f"{value!r} is not one of {', '.join(map(str, choices))}"
            )
    if ("selector" in dkim) != ("private_key" in dkim) or ("bits" in dkim and "private_key" in dkim):
        raise InvalidArgument("SesDomain", "dkim", "give selector and private_key, or bits, or nothing")
    if "selector" in dkim:
        checked("SesDomain", "dkim", dkim["selector"], dkim_key.check_selector)
    for part in args.get("without", []):
        if part in args:
            raise InvalidArgument("SesDomain", part, "is given, and named in without: leave one of them out")
    if args.get("adopt"):
        for part in ("configuration", "dkim", "policies", "tenant", "feedback_forwarding"):
            if part in args:
                raise InvalidArgument(
                    "SesDomain", part, "belongs to an identity's owner: leave it out, or adopt"
                )
