"""Amazon SES as an upstream, in one region or in two: identities are verified there, and the login is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from . import relay_settings
from .arguments import InvalidArgument, applied, check_keys, checked
from .dns import DnsRecord, RecordWriter, check_address
from .relay_settings import RelaySettings
from .sending_conditions import checked_conditions
from .ses_domain_args import SesDomainArgs, SesIdentityArgs
from .ses_endpoint_args import SesEndpointArgs, SesEndpointOptions
from .ses_feedback_args import SesFeedbackArgs
from .ses_regions import check_port, ses_region
from .ses_upstream_args import SesArgs, SesFallbackArgs, SesRelayEndpointArgs
from .smtp_credentials_args import SmtpCredentialsOptions
from .upstream import SesSender, Upstream

_COMPONENT = "MailRelay ses"
# What the second region has as the first one has it, unless it says otherwise.
_INHERITED = ("address", "dns", "zone", "overwrite", "resolver", "verification", "timeout", "protect", "tags")
# The same, unless the identity there is somebody else's.
_INHERITED_IF_MADE = ("configuration", "feedback_forwarding")


def ses_upstream(
    name: str,
    domain: pulumi.Input[str],
    args: SesArgs,
    opts: pulumi.ResourceOptions,
    write_record: RecordWriter | None = None,
) -> Upstream:
    """Make the identities, their login and their feedback at SES, each with `opts`, and hand them over."""
    check_keys(_COMPONENT, args, SesArgs)
    if "address" in args:
        both = {"address": args["address"], "domain": domain}
        args = SesArgs(**{**args, "address": applied(both, _checked_address)})
    regions = [_create_region(name, "ses", domain, args, opts, write_record)]
    if "fallback" in args:
        check_keys(f"{_COMPONENT} fallback", args["fallback"], SesFallbackArgs)
        fallback = _fallback_args(domain, args, regions[0].identity)
        regions.append(_create_region(name, "fallback", domain, fallback, opts, write_record))
    credentials = _create_credentials(name, domain, args, regions, opts)
    first, *others = [_relay_settings(region, credentials) for region in regions]
    rates = [region.args["max_rate"] for region in regions if "max_rate" in region.args]
    if rates:
        first["max_rate"] = pulumi.Output.all(*rates).apply(min)
    queues = [_feedback_queue_url(region, opts) for region in regions]
    return Upstream(
        "ses",
        first,
        fallback=others[0] if others else None,
        dns_records=_all_records(regions),
        required=[credentials, *(resource for region in regions for resource in region.required)],
        feedback_queue_url=queues[0],
        fallback_feedback_queue_url=queues[1] if others else "",
        ses_senders=[
            SesSender(arn=region.identity.arn, user=credentials.iam_user, key=credentials.user)
            for region in regions
        ],
    )


@dataclass(frozen=True)
class _Region:
    """An identity in a region, and the way there."""

    name: str
    """What its resources are called after."""
    args: Mapping[str, Any]
    """SesArgs, of which a second region inherits some."""
    identity: Any
    """A SesDomain or a SesAddress."""
    endpoint: Any
    """A SesEndpoint, or None."""

    @property
    def required(self) -> list[pulumi.Resource]:
        """What has to stand before mail can take this way."""
        return [self.identity, *filter(None, [self.endpoint])]


def _create_region(
    name: str,
    role: str,
    domain: pulumi.Input[str],
    args: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    write_record: RecordWriter | None,
) -> _Region:
    if args.get("fips") and "endpoint" in args:
        raise InvalidArgument(
            _COMPONENT,
            "fips",
            "does not go with endpoint, which leads to the endpoint without it: leave one of them out, or name both "
            "in region_data (smtp_host, endpoint_service)",
        )
    identity = _create_identity(f"{name}-{role}", domain, args, opts, write_record)
    prefix = name if role == "ses" else f"{name}-{role}"
    endpoint = _create_endpoint(prefix, args, opts) if "endpoint" in args else None
    return _Region(prefix, args, identity, endpoint)


def _create_identity(
    name: str,
    domain: pulumi.Input[str],
    args: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    write_record: RecordWriter | None,
) -> Any:
    from . import SesAddress, SesAddressArgs, SesDomain  # needs pulumi-aws

    given = {key: args[key] for key in SesIdentityArgs.__annotations__ if key in args}
    if "address" not in args:
        return SesDomain(name, SesDomainArgs(domain=domain, **given), opts, write_record=write_record)
    return SesAddress(name, SesAddressArgs(address=args["address"], **given), opts)


def _create_endpoint(name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions) -> Any:
    from . import SesEndpoint  # needs pulumi-aws

    check_keys(f"{_COMPONENT} endpoint", args["endpoint"], SesRelayEndpointArgs)
    if args["endpoint"].get("private_dns") is False and "host" not in args:
        raise InvalidArgument(
            f"{_COMPONENT} endpoint",
            "private_dns",
            "without it SES's name leads to the public endpoint, and so would the relay's mail: leave it out, or name "
            "as ses.host what leads to the endpoint in a private zone of yours",
        )
    place = {
        key: args["endpoint"][key] for key in SesEndpointOptions.__annotations__ if key in args["endpoint"]
    }
    shared = {key: args[key] for key in ("port", "region", "region_data", "tags") if key in args}
    return SesEndpoint(f"{name}-endpoint", SesEndpointArgs(**place, **shared), opts)


def _create_credentials(
    name: str,
    domain: pulumi.Input[str],
    args: SesArgs,
    regions: Sequence[_Region],
    opts: pulumi.ResourceOptions,
) -> Any:
    """One login for all regions: a key has a password for each, and so a rotation changes all of them at once."""
    from . import SmtpCredentials, SmtpCredentialsArgs  # needs pulumi-aws

    options = args.get("credentials", {})
    check_keys(f"{_COMPONENT} credentials", options, SmtpCredentialsOptions)
    # Here too: before the first update this knows what the identity is called, and its ARN does not.
    conditions = checked_conditions(
        f"{_COMPONENT} credentials conditions", options.get("conditions", {}), args.get("address", domain)
    )
    first, *others = [_sending_identity(region, conditions) for region in regions]
    return SmtpCredentials(
        f"{name}-smtp",
        SmtpCredentialsArgs(
            **{**options, **first},
            more_identities=others,
            generation=args.get("generation", 1),
            **({"tags": args["tags"]} if "tags" in args else {}),
        ),
        opts,
    )


def _sending_identity(region: _Region, conditions: pulumi.Input[Mapping[str, Any]]) -> dict[str, Any]:
    if region.endpoint and region.args["endpoint"].get("exclusive"):
        conditions = pulumi.Output.all(conditions, region.endpoint.endpoint_id).apply(
            lambda known: {**known[0], "vpc_endpoint": known[1]}
        )
    return {
        "identity_arn": region.identity.arn,
        "configuration_set_arn": region.identity.configuration_set_arn,
        "region": region.identity.region,
        "conditions": conditions,
    }


def _relay_settings(region: _Region, credentials: Any) -> RelaySettings:
    name = region.identity.region
    host, port = region.args.get("host"), region.args.get("port")
    if host is None:
        data, fips = region.args.get("region_data"), region.args.get("fips", False)
        # A VPC endpoint is behind the same name.
        host = name.apply(lambda known: ses_region(known, data).relay_host(fips))
        port = None if port is None else applied(port, check_port)
    return relay_settings.ses(
        name,
        credentials.user,
        pulumi.Output.all(credentials.passwords, name).apply(lambda known: known[0][known[1]]),
        host=host,
        port=port,
        ca=region.args.get("ca"),
    )


def _all_records(regions: Sequence[_Region]) -> pulumi.Output[list[DnsRecord]]:
    """The records of all regions, each once: what counts everywhere is the same in each."""

    def unite(lists: Sequence[Sequence[DnsRecord]]) -> list[DnsRecord]:
        united: list[DnsRecord] = []
        for record in (record for records in lists for record in records):
            if record not in united:
                united.append(record)
        return united

    # An address has none.
    return pulumi.Output.all(*(getattr(region.identity, "dns_records", []) for region in regions)).apply(
        unite
    )


def _feedback_queue_url(region: _Region, opts: pulumi.ResourceOptions) -> pulumi.Input[str]:
    if "feedback" not in region.args:
        return ""
    from . import SesFeedback  # needs pulumi-aws

    shared = {key: region.args[key] for key in ("region", "tags") if key in region.args}
    return SesFeedback(
        f"{region.name}-feedback",
        SesFeedbackArgs(
            configuration_set_arn=region.identity.configuration_set_arn, **shared, **region.args["feedback"]
        ),
        opts,
    ).queue_url


def _fallback_args(domain: pulumi.Input[str], args: SesArgs, first: Any) -> dict[str, Any]:
    """The arguments of the second region, with what it inherits of the first one."""
    given = args["fallback"]
    region = pulumi.Output.all(first.region, given["region"]).apply(_checked_second_region)
    inherited = {key: args[key] for key in _INHERITED if key in args}
    if not given.get("adopt"):
        inherited |= {key: args[key] for key in _INHERITED_IF_MADE if key in args}
    merged = {**inherited, **given, "region": region}
    if "address" in args:
        return merged
    # DMARC is the domain's, not a region's.
    without = dict.fromkeys([*(part for part in args.get("without", []) if part not in given), "dmarc"])
    merged["without"] = list(without)
    if not given.get("adopt"):
        merged |= _fallback_dkim(args, given)
        if "mail_from" not in without:
            merged["mail_from"] = _fallback_mail_from(domain, args, given, region)
    return merged


def _fallback_dkim(args: SesArgs, given: SesFallbackArgs) -> dict[str, Any]:
    first = args.get("dkim", {})
    if "dkim" not in given:
        # The same key has the same record, which the first region's identity has written.
        return {"dkim": {**first, "record": False} if "private_key" in first else first} if first else {}
    selector = given["dkim"].get("selector")
    if selector is not None and selector == first.get("selector"):
        raise InvalidArgument(
            f"{_COMPONENT} fallback",
            "dkim.selector",
            f"{selector!r} is the first region's: leave dkim out to sign with that key, or choose another selector",
        )
    return {}


def _fallback_mail_from(
    domain: pulumi.Input[str], args: SesArgs, given: SesFallbackArgs, region: pulumi.Output[str]
) -> dict[str, Any]:
    first, second = args.get("mail_from", {}), given.get("mail_from", {})

    def check(known: Mapping[str, str]) -> str:
        if known["second"].lower() == known["first"].lower():
            raise InvalidArgument(
                f"{_COMPONENT} fallback",
                "mail_from.domain",
                f"{known['second']!r} is the first region's, and its MX can lead to one region only: name another",
            )
        return known["second"]

    names = pulumi.Output.all(
        first=first.get("domain") or pulumi.Output.concat("bounce.", domain),
        second=second.get("domain") or pulumi.Output.concat("bounce-", region, ".", domain),
    )
    return {**first, **second, "domain": names.apply(check)}


def _checked_second_region(known: Sequence[str]) -> str:
    first, second = known
    if first == second:
        raise InvalidArgument(
            f"{_COMPONENT} fallback",
            "region",
            f"{second!r} is the first one: name another, as SES fails a region at a time",
        )
    return second


def _checked_address(known: Mapping[str, str]) -> str:
    address = checked(_COMPONENT, "address", known["address"], check_address)
    if not address.endswith(f"@{known['domain']}"):
        raise InvalidArgument(
            _COMPONENT, "address", f"{address!r} is not an address of the domain {known['domain']!r}"
        )
    return address
