"""A domain that Amazon SES may send from: the identity, its DNS records, and the wait until they are seen.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import get_region_output, route53, ses, sesv2

from . import ses_records
from .apex_texts import ApexTexts
from .arguments import InvalidArgument, checked
from .dkim_key import signing_key
from .dns import DnsRecord, Lookup, check_domain, txt_strings, zone_snippet
from .hosted_zone import found_zone, given_zone
from .sending_policy import identity_policy
from .ses_configuration import SesConfiguration
from .ses_configuration_args import SesConfigurationArgs
from .ses_domain_args import KEY_BITS, ON_MX_FAILURE, DkimArgs, SesDomainArgs, check_domain_args, has_part
from .ses_regions import ses_region

_MAIL_FROM_LABEL = "bounce"

RecordWriter = Callable[[str, DnsRecord, pulumi.ResourceOptions], pulumi.Resource]
"""Writes one record at a DNS provider: gets the resource's name, the record and the options, returns the resource."""


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
        check_domain_args(args)
        domain = checked("SesDomain", "domain", args["domain"], check_domain)
        self.region = self._resolve_region(args.get("region"))
        self._published = self.region.apply(lambda known: ses_region(known, args.get("region_data")))
        self._lookup = Lookup(args.get("resolver", ""))

        configuration = self._create_configuration(name, domain, args)
        identity = (
            self._adopt_identity(domain, args)
            if args.get("adopt")
            else self._create_identity(name, domain, args, configuration)
        )
        mail_from = self._create_mail_from(name, domain, args, identity)
        self._create_belongings(name, domain, args, identity, configuration)

        apex = ApexTexts(domain, self._lookup) if args.get("apex_spf") else None
        records = self._describe_records(domain, args, identity, mail_from, apex)
        self.dns_records = pulumi.Output.all(
            list(records.values()), self._describe_others(domain, args, identity)
        ).apply(lambda known: [*known[0], *known[1]])
        self.zone_snippet = self.dns_records.apply(zone_snippet)
        written = self._write_records(name, domain, args, records, apex, write_record)
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
        if not has_part(args, "configuration"):
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
        if not has_part(args, "mail_from"):
            return None
        mail_from = args.get("mail_from", {})
        given = mail_from.get("domain") or pulumi.Output.concat(_MAIL_FROM_LABEL, ".", domain)
        return sesv2.EmailIdentityMailFromAttributes(
            f"{name}-mail-from",
            email_identity=domain,
            mail_from_domain=_checked_mail_from(given, domain),
            behavior_on_mx_failure=ON_MX_FAILURE[mail_from.get("on_mx_failure", "default")],
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
        apex: ApexTexts | None,
    ) -> dict[str, DnsRecord]:
        """The records that are ours to write."""
        dkim, records = args.get("dkim", {}), {}
        if "private_key" in dkim:
            records |= ses_records.own_dkim(dkim["selector"], dkim["private_key"], domain)
        elif identity.is_ours:
            records |= ses_records.easy_dkim(identity.tokens, domain, self._published)
        if mail_from is not None:
            records |= ses_records.mail_from(mail_from, self._published)
        if has_part(args, "dmarc"):
            records |= ses_records.dmarc(args.get("dmarc", {}), domain)
        if apex:
            records |= ses_records.apex_spf(apex.spf, domain)
        return records

    def _describe_others(
        self, domain: pulumi.Input[str], args: SesDomainArgs, identity: "_Identity"
    ) -> pulumi.Output[list[DnsRecord]]:
        """The records that are others' to write: an adopted identity's DKIM, and the consent of report receivers."""
        consents = pulumi.Output.from_input(domain).apply(
            lambda known: ses_records.report_consents(args.get("dmarc", {}), known)
        )
        if identity.is_ours:
            return consents
        dkim = identity.tokens.apply(
            lambda tokens: pulumi.Output.all(
                *(ses_records.easy_dkim_record(token, domain, self._published) for token in tokens)
            )
        )
        return pulumi.Output.all(dkim, consents).apply(lambda known: [*known[0], *known[1]])

    def _write_records(
        self,
        name: str,
        domain: pulumi.Input[str],
        args: SesDomainArgs,
        records: dict[str, DnsRecord],
        apex: ApexTexts | None,
        write_record: RecordWriter | None,
    ) -> list[pulumi.Resource]:
        options = {role: pulumi.ResourceOptions(parent=self) for role in records}
        if write_record:
            return [write_record(f"{name}-{role}", record, options[role]) for role, record in records.items()]
        if args.get("dns", "manual" if args.get("adopt") else "route53") == "manual":
            return []
        zone = given_zone(args["zone"], domain, self) if args.get("zone") else found_zone(domain, self)
        values: dict[str, Any] = {role: [_route53_value(record)] for role, record in records.items()}
        if apex:
            # A name has one set of TXT values: what else is in it stays, also when the stack goes.
            options["spf"].retain_on_delete = True
            values["spf"] = pulumi.Output.all(*values["spf"], apex.others).apply(
                lambda known: [known[0], *known[1]]
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


def _easy_dkim_tokens(attributes: list[Any]) -> list[str]:
    # With a key of its owner's own, the "token" is a selector, and the record cannot be known.
    return [
        token
        for attribute in attributes
        if attribute["signing_attributes_origin"] != "EXTERNAL"
        for token in attribute["tokens"]
    ]


def _signing(dkim: DkimArgs) -> dict[str, Any] | None:
    if "private_key" in dkim:
        return {
            "domain_signing_selector": dkim["selector"],
            "domain_signing_private_key": checked(
                "SesDomain", "dkim.private_key", pulumi.Output.secret(dkim["private_key"]), signing_key
            ),
        }
    # Unsaid, it is SES's own 2048; said, the tokens would be half known in a preview.
    return {"next_signing_key_length": KEY_BITS[int(dkim["bits"])]} if "bits" in dkim else None


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
