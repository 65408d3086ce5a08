"""MailRelay: a domain name in, working outbound mail out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi

from . import relay_settings
from .arguments import checked, only_choice, refuse_unknown_keys
from .dns import DnsRecord, check_domain
from .docker_relay import DockerRelay, DockerRelayArgs
from .relay_settings import RelaySettings, checked_relay_settings
from .ses_domain import SesDomain, SesDomainArgs
from .smtp_credentials import SmtpCredentials, SmtpCredentialsArgs


class SesArgs(TypedDict):
    """The upstream Amazon SES. All of it has a default: `{}` is enough."""

    region: NotRequired[pulumi.Input[str]]
    """The SES region. Defaults to the region of the AWS provider."""
    dns: NotRequired[str]
    """Who writes the DNS records: `route53` or `manual`. Defaults to `route53`."""
    zone: NotRequired[pulumi.Input[str]]
    """The id of the Route 53 zone. Defaults to the public zone of the domain's own name."""
    dmarc: NotRequired[pulumi.Input[str]]
    """The DMARC policy: `none`, `quarantine` or `reject`. Defaults to `none`."""
    verification: NotRequired[str]
    """`wait` or `skip`. Defaults to `wait`: the relay starts when SES accepts the domain."""
    timeout: NotRequired[int]
    """How long to wait for the verification, in seconds. Defaults to `600`."""
    resolver: NotRequired[str]
    """The `address:port` of the DNS server asked for missing records. Defaults to the machine's own."""
    generation: NotRequired[int]
    """Raise it by one to rotate the SMTP credentials. Defaults to `1`."""
    host: NotRequired[pulumi.Input[str]]
    """Another SMTP endpoint than the region's public one. Defaults to that."""
    port: NotRequired[pulumi.Input[int]]
    """The endpoint's STARTTLS port. Defaults to `587`."""
    ca: NotRequired[pulumi.Input[str]]
    """The CA of that endpoint, as PEM text. Defaults to the public CAs."""


class SendgridArgs(TypedDict):
    """The upstream Twilio SendGrid."""

    key: pulumi.Input[str]
    """An API key with the permission `Mail Send`; secret."""


class DockerArgs(TypedDict):
    """The target Docker. All of it has a default."""

    address: NotRequired[pulumi.Input[str]]
    """The address of the Docker host on which clients reach the relay. Defaults to `127.0.0.1`."""
    port: NotRequired[pulumi.Input[int]]
    """The port on that address. Defaults to `2525`."""
    memory: NotRequired[pulumi.Input[int]]
    """The memory limit in MiB. Defaults to `128`."""
    image: NotRequired[pulumi.Input[str]]
    """An image to run instead of building one."""


class MailRelayArgs(TypedDict):
    """Arguments of MailRelay: a domain, one upstream (`ses`, `sendgrid` or `smtp`), one target."""

    domain: pulumi.Input[str]
    """The domain that mail is sent from, such as `example.com`."""
    ses: NotRequired[SesArgs]
    """Relay through Amazon SES: the domain is verified there and the credentials are made."""
    sendgrid: NotRequired[SendgridArgs]
    """Relay through SendGrid, with an API key that exists."""
    smtp: NotRequired[RelaySettings]
    """Relay through any SMTP server."""
    docker: NotRequired[DockerArgs]
    """Run on a Docker engine. The default target."""
    allowed_sender_domains: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Domains whose addresses may send. Defaults to the domain alone."""
    allowed_networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Networks whose clients may send, in CIDR form. Defaults to the container's own networks."""


class MailRelay(pulumi.ComponentResource):
    """A relay that delivers: the upstream's side, its credentials, and the workload that holds them.

    - with `ses`: a SesDomain and SmtpCredentials, before the relay starts
    - a DockerRelay

    Example:
        relay = MailRelay("relay", {"domain": "example.com", "ses": {"region": "eu-west-1"}})
    """

    smtp_address: pulumi.Output[str]
    """`host:port` to which applications submit mail."""
    dns_records: pulumi.Output[list[DnsRecord]]
    """The DNS records that the upstream needs; empty where it says none."""
    relay_host: pulumi.Output[str]
    """The upstream's host."""
    relay_port: pulumi.Output[int]
    """The upstream's port."""
    relay_proto: pulumi.Output[str]
    """The upstream's protocol, such as `smtp+tls`."""
    workload: pulumi.Output[str]
    """The container's name."""

    def __init__(self, name: str, args: MailRelayArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:MailRelay", name, {}, opts)
        refuse_unknown_keys("MailRelay", args, MailRelayArgs)
        domain = checked("MailRelay", "domain", args["domain"], check_domain)
        upstream_kind = only_choice("MailRelay", args, ("ses", "sendgrid", "smtp"))

        if upstream_kind == "ses":
            upstream = self._create_ses_upstream(name, domain, args["ses"])
        elif upstream_kind == "sendgrid":
            upstream = _Upstream(relay_settings.sendgrid(args["sendgrid"]["key"]))
        else:
            upstream = _Upstream(args["smtp"])
        relay = checked_relay_settings(f"MailRelay {upstream_kind}", upstream.relay)
        target = self._create_docker_relay(name, domain, args, relay, upstream.required)

        self.smtp_address = target.smtp_address
        self.dns_records = pulumi.Output.from_input(upstream.dns_records)
        self.relay_host = pulumi.Output.from_input(relay["host"])
        self.relay_port = pulumi.Output.from_input(relay["port"])
        self.relay_proto = pulumi.Output.from_input(relay["proto"])
        self.workload = target.workload
        self.register_outputs(
            {
                "smtp_address": self.smtp_address,
                "dns_records": self.dns_records,
                "relay_host": self.relay_host,
                "relay_port": self.relay_port,
                "relay_proto": self.relay_proto,
                "workload": self.workload,
            }
        )

    def _create_ses_upstream(self, name: str, domain: pulumi.Input[str], args: SesArgs) -> "_Upstream":
        refuse_unknown_keys("MailRelay ses", args, SesArgs)
        domain_args = {argument: args[key] for key, argument in _SES_DOMAIN_ARGUMENTS.items() if key in args}
        ses_domain = SesDomain(
            f"{name}-ses", SesDomainArgs(domain=domain, **domain_args), pulumi.ResourceOptions(parent=self)
        )
        credentials = SmtpCredentials(
            f"{name}-smtp",
            SmtpCredentialsArgs(
                identity_arn=ses_domain.arn, region=ses_domain.region, generation=args.get("generation", 1)
            ),
            pulumi.ResourceOptions(parent=self),
        )
        relay = relay_settings.ses(
            ses_domain.region,
            credentials.user,
            credentials.password,
            host=args.get("host"),
            port=args.get("port"),
            ca=args.get("ca"),
        )
        return _Upstream(relay, ses_domain.dns_records, [ses_domain, credentials])

    def _create_docker_relay(
        self,
        name: str,
        domain: pulumi.Input[str],
        args: MailRelayArgs,
        relay: RelaySettings,
        required: Sequence[pulumi.Resource],
    ) -> DockerRelay:
        target = args.get("docker") or DockerArgs()
        refuse_unknown_keys("MailRelay docker", target, DockerArgs)
        senders = args.get("allowed_sender_domains") or [domain]
        networks = {"allowed_networks": args["allowed_networks"]} if args.get("allowed_networks") else {}
        return DockerRelay(
            name,
            DockerRelayArgs(
                relay=relay,
                allowed_sender_domains=senders,
                hostname=pulumi.Output.concat("relay.", domain),
                **networks,
                **target,
            ),
            # The relay starts when its upstream accepts mail.
            pulumi.ResourceOptions(parent=self, depends_on=list(required)),
        )


# The short names that MailRelay's nested arguments have (component packages need single words) and what they are there.
_SES_DOMAIN_ARGUMENTS = {
    "region": "region",
    "dns": "dns",
    "zone": "hosted_zone_id",
    "dmarc": "dmarc_policy",
    "verification": "verification",
    "timeout": "verification_timeout",
    "resolver": "verification_resolver",
}


@dataclass(frozen=True)
class _Upstream:
    """What an upstream hands to the target: where mail goes, and what has to stand before it can."""

    relay: RelaySettings
    dns_records: pulumi.Input[Sequence[DnsRecord]] = ()
    required: Sequence[pulumi.Resource] = ()
