"""A domain that Amazon SES may send from: the identity, its DNS records, and the wait until they are seen.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import route53, sesv2

from . import ses_records
from .apex_texts import ApexTexts
from .arguments import InvalidArgument, applied, checked, checked_args
from .dns import DnsRecord, Lookup, RecordWriter, check_domain, route53_text, zone_snippet
from .hosted_zone import found_zone, given_zone
from .ses_domain_args import KEY_BITS, ON_MX_FAILURE, DkimArgs, SesDomainArgs, check_domain_args
from .ses_identity import SesIdentity
from .ses_identity_args import has_part

_MAIL_FROM_LABEL = "bounce"


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
        args = checked_args("SesDomain", args, SesDomainArgs)
        check_domain_args(args)
        domain = checked("SesDomain", "domain", args["domain"], check_domain)
        self._resolver = args.get("resolver", "")

        identity = SesIdentity(self, name, domain, args, _signing(args.get("dkim", {})))
        self.region = identity.region
        self._published = identity.published
        mail_from = self._create_mail_from(name, domain, args, identity)

        apex = ApexTexts(domain, Lookup(self._resolver)) if args.get("apex_spf") else None
        records = self._describe_records(domain, args, identity, mail_from, apex)
        others = self._describe_others(domain, args, identity)
        self.dns_records = _known_records(list(records.values())).apply(
            lambda ours: applied(others, lambda theirs: [*ours, *theirs])
        )
        self.zone_snippet = self.dns_records.apply(zone_snippet)
        written = self._write_records(name, domain, args, records, apex, write_record)
        if args.get("verification", "wait") == "wait":
            identity.create_verification(args, written, lambda _: self._explain(domain))

        self.arn = identity.arn
        self.mail_from_domain = pulumi.Output.from_input(mail_from or "")
        self.configuration_set = identity.configuration_set
        self.configuration_set_arn = identity.configuration_set_arn
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

    def _create_mail_from(
        self, name: str, domain: pulumi.Input[str], args: SesDomainArgs, identity: SesIdentity
    ) -> pulumi.Output[str] | None:
        if not has_part(args, "mail_from"):
            return None
        mail_from = args.get("mail_from", {})
        return sesv2.EmailIdentityMailFromAttributes(
            f"{name}-mail-from",
            email_identity=domain,
            mail_from_domain=_checked_mail_from(mail_from.get("domain", ""), domain),
            behavior_on_mx_failure=ON_MX_FAILURE[mail_from.get("on_mx_failure", "default")],
            region=args.get("region"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(identity.resources)),
        ).mail_from_domain

    def _describe_records(
        self,
        domain: pulumi.Input[str],
        args: SesDomainArgs,
        identity: SesIdentity,
        mail_from: pulumi.Output[str] | None,
        apex: ApexTexts | None,
    ) -> dict[str, DnsRecord]:
        """The records that are ours to write."""
        dkim, records = args.get("dkim", {}), {}
        if "private_key" in dkim and dkim.get("record", True):
            records |= ses_records.own_dkim(dkim["selector"], dkim["private_key"], domain)
        elif identity.is_ours and "private_key" not in dkim:
            records |= ses_records.easy_dkim(identity.tokens, domain, self._published)
        if mail_from is not None:
            records |= ses_records.mail_from(mail_from, self._published)
        if has_part(args, "dmarc"):
            records |= ses_records.dmarc(args.get("dmarc", {}), domain)
        if apex:
            records |= ses_records.apex_spf(apex.spf, domain)
        return records

    def _describe_others(
        self, domain: pulumi.Input[str], args: SesDomainArgs, identity: SesIdentity
    ) -> pulumi.Input[list[DnsRecord]]:
        """The records that are others' to write: DKIM of an adopted identity, or of a key that signs elsewhere too, and
        the consent of report receivers."""
        consents = applied(domain, lambda known: ses_records.report_consents(args.get("dmarc", {}), known))
        dkim = args.get("dkim", {})
        if not identity.is_ours:
            elsewhere = identity.tokens.apply(
                lambda tokens: pulumi.Output.all(
                    *(ses_records.easy_dkim_record(token, domain, self._published) for token in tokens)
                )
            )
        elif dkim.get("record", True):
            return consents
        else:
            own = ses_records.own_dkim(dkim["selector"], dkim["private_key"], domain)
            elsewhere = pulumi.Output.all(*own.values())
        return pulumi.Output.all(elsewhere, consents).apply(lambda known: [*known[0], *known[1]])

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
            others = apex.others.apply(lambda texts: list(map(route53_text, texts)))
            values["spf"] = pulumi.Output.all(*values["spf"], others).apply(
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

    async def _explain(self, domain: pulumi.Input[str]) -> str:
        known = await pulumi.Output.all(domain, self.region, self.dns_records).future()
        name, region, records = known
        return _describe_unmet(name, region, await asyncio.to_thread(Lookup(self._resolver).unmet, records))


def _signing(dkim: DkimArgs) -> dict[str, Any] | None:
    if "private_key" in dkim:
        from .dkim_key import signing_key  # late, as cryptography is slow to load

        return {
            "domain_signing_selector": dkim["selector"],
            "domain_signing_private_key": checked(
                "SesDomain", "dkim.private_key", pulumi.Output.secret(dkim["private_key"]), signing_key
            ),
        }
    # Unsaid, it is SES's own 2048; said, the tokens would be half known in a preview.
    return {"next_signing_key_length": KEY_BITS[dkim["bits"]]} if "bits" in dkim else None


def _checked_mail_from(mail_from: pulumi.Input[str], domain: pulumi.Input[str]) -> pulumi.Input[str]:
    def check(known: Sequence[str]) -> str:
        identity = known[1]
        given = (known[0] or f"{_MAIL_FROM_LABEL}.{identity}").lower().rstrip(".")
        if given == identity:
            raise _mail_from_error(
                given, f"is the domain itself; name one below it, such as bounce.{identity}"
            )
        if not given.endswith(f".{identity}"):
            raise _mail_from_error(given, f"is not below {identity!r}; name one such as bounce.{identity}")
        return checked("SesDomain", "mail_from.domain", given, check_domain)

    return applied([mail_from, domain], check)


def _mail_from_error(given: str, reason: str) -> InvalidArgument:
    return InvalidArgument("SesDomain", "mail_from.domain", f"{given!r} {reason}")


def _route53_value(record: DnsRecord) -> pulumi.Input[str]:
    return applied(record["value"], route53_text) if record["type"] == "TXT" else record["value"]


def _known_records(records: list[DnsRecord]) -> pulumi.Output[list[DnsRecord]]:
    # Only names and values can be Outputs: looking for one in every field would cost most of a domain's time.
    names, values = ([record[key] for record in records] for key in ("name", "value"))
    found = applied(
        [*names, *values],
        lambda known: [
            DnsRecord(**{**record, "name": name, "value": value})
            for record, name, value in zip(records, known, known[len(records) :], strict=False)
        ],
    )
    return found if isinstance(found, pulumi.Output) else pulumi.Output.from_input(found)


def _describe_unmet(domain: str, region: str, unmet: list[tuple[DnsRecord, list[str]]]) -> str:
    if not unmet:
        return (
            f"every DNS record of {domain} is there, but SES in {region} has not seen them yet: run `pulumi up` again "
            "in a few minutes"
        )
    lines = []
    for record, values in unmet:
        shown = f"   (DNS shows: {', '.join(values)})" if values else ""
        lines.append(f"  {record['name']} {record['type']} {record['value']}{shown}")
    return "\n".join(
        [
            f"SES in {region} cannot verify {domain}: DNS does not show these records, or shows others beside them; "
            "correct them and run `pulumi up` again:",
            *lines,
        ]
    )
