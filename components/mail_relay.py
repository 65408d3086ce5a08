"""MailRelay: a domain name in, working outbound mail out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi

from . import relay_settings
from .arguments import InvalidArgument, check_keys, checked, checked_args, only_choice
from .dns import DnsRecord, RecordWriter, check_domain, zone_snippet
from .docker_relay_args import DockerArgs, DockerRelayArgs
from .kubernetes_relay_args import KubernetesArgs, KubernetesRelayArgs
from .relay_options import RelayOptions
from .relay_settings import MX_PORT, RelaySettings, checked_relay_settings
from .ses_upstream import ses_upstream
from .ses_upstream_args import SesArgs
from .upstream import SesSender, Upstream


class SendgridArgs(TypedDict):
    """The upstream Twilio SendGrid."""

    key: pulumi.Input[str]
    """An API key with the permission `Mail Send`; secret."""
    max_rate: NotRequired[pulumi.Input[int]]
    """The most messages a second that SendGrid takes from the account. Defaults to no limit."""


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
    kubernetes: NotRequired[KubernetesArgs]
    """Run on a Kubernetes cluster instead: the one of the provider."""
    allowed_sender_domains: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Domains whose addresses may send. Defaults to the domain alone."""
    allowed_networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Networks whose clients may send, in CIDR form. Defaults to the container's own networks, on Kubernetes to all
    private ones."""
    options: NotRequired[RelayOptions]
    """How the relay treats mail, waits, and reports. Defaults to what suits a service such as SES."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete or replace what cannot be had again: the identity at SES, and the queue, on
    Kubernetes with the namespace that is made for it. Defaults to `False`."""


class MailRelay(pulumi.ComponentResource):
    """A relay that delivers: the upstream's side, its credentials, and the workload that holds them.

    - with `ses`: a SesDomain (or a SesAddress) and SmtpCredentials, before the relay starts; with its `feedback`, a
      SesFeedback; with its `endpoint`, a SesEndpoint; with its `fallback`, the same in a second region
    - a DockerRelay or a KubernetesRelay

    `write_record` is handed to each SesDomain: it writes the DNS records at another provider than Route 53.

    Example:
        relay = MailRelay("relay", {"domain": "example.com", "ses": {"region": "eu-west-1"}})
    """

    smtp_address: pulumi.Output[str]
    """`host:port` to which applications submit mail."""
    dns_records: pulumi.Output[list[DnsRecord]]
    """The DNS records that the upstream needs; empty where it says none."""
    zone_snippet: pulumi.Output[str]
    """The same as lines of a BIND zone file."""
    ses_senders: pulumi.Output[list[SesSender]]
    """Who sends at Amazon SES; empty with another upstream."""
    relay_host: pulumi.Output[str]
    """The upstream's host; empty when mail goes straight to the recipients' servers."""
    relay_port: pulumi.Output[int]
    """The upstream's port."""
    relay_proto: pulumi.Output[str]
    """The upstream's protocol, such as `smtp+tls`."""
    feedback_queue_url: pulumi.Output[str]
    """The queue of what became of mail; empty without the `feedback` of `ses`."""
    fallback_feedback_queue_url: pulumi.Output[str]
    """The same of the second region; empty without the `feedback` of its `fallback`."""
    workload: pulumi.Output[str]
    """The container's name; on Kubernetes `namespace/statefulset`."""
    network: pulumi.Output[str]
    """The Docker network in which other containers reach the relay, as `<name>:25`; empty on Kubernetes."""

    def __init__(
        self,
        name: str,
        args: MailRelayArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        write_record: RecordWriter | None = None,
    ):
        super().__init__("opensmtpd:index:MailRelay", name, {}, opts)
        args = checked_args("MailRelay", args, MailRelayArgs)
        domain = checked("MailRelay", "domain", args["domain"], check_domain)

        upstream = self._create_upstream(name, domain, args, write_record)
        relay = checked_relay_settings(f"MailRelay {upstream.kind}", upstream.relay)
        if upstream.fallback:
            args = _with_fallback(args, upstream)
        target = self._create_target(name, domain, args, relay, upstream.required)

        self.smtp_address = target.smtp_address
        self.dns_records = pulumi.Output.from_input(upstream.dns_records)
        self.zone_snippet = self.dns_records.apply(zone_snippet)
        self.ses_senders = pulumi.Output.from_input(list(upstream.ses_senders))
        self.relay_host = pulumi.Output.from_input(relay.get("host", ""))
        self.relay_port = pulumi.Output.from_input(relay.get("port", MX_PORT))
        self.relay_proto = pulumi.Output.from_input(relay["proto"])
        self.feedback_queue_url = pulumi.Output.from_input(upstream.feedback_queue_url)
        self.fallback_feedback_queue_url = pulumi.Output.from_input(upstream.fallback_feedback_queue_url)
        self.workload = target.workload
        self.network = pulumi.Output.from_input(target.network)
        self.register_outputs(
            {
                "smtp_address": self.smtp_address,
                "dns_records": self.dns_records,
                "zone_snippet": self.zone_snippet,
                "ses_senders": self.ses_senders,
                "relay_host": self.relay_host,
                "relay_port": self.relay_port,
                "relay_proto": self.relay_proto,
                "feedback_queue_url": self.feedback_queue_url,
                "fallback_feedback_queue_url": self.fallback_feedback_queue_url,
                "workload": self.workload,
                "network": self.network,
            }
        )

    def _create_upstream(
        self,
        name: str,
        domain: pulumi.Input[str],
        args: MailRelayArgs,
        write_record: RecordWriter | None,
    ) -> Upstream:
        kind = only_choice("MailRelay", args, ("ses", "sendgrid", "smtp"))
        if kind == "ses":
            ses = {**_protected(args), **args["ses"]}
            return ses_upstream(name, domain, ses, pulumi.ResourceOptions(parent=self), write_record)
        if kind == "sendgrid":
            check_keys("MailRelay sendgrid", args["sendgrid"], SendgridArgs)
            return Upstream(kind, relay_settings.sendgrid(**args["sendgrid"]))
        return Upstream(kind, args["smtp"])

    def _create_target(
        self,
        name: str,
        domain: pulumi.Input[str],
        args: MailRelayArgs,
        relay: RelaySettings,
        required: Sequence[pulumi.Resource],
    ) -> "_Target":
        given = {"docker": DockerArgs(), **args} if args.get("kubernetes") is None else args
        kind = only_choice("MailRelay", given, ("docker", "kubernetes"))
        check_keys(
            f"MailRelay {kind}", given[kind], {"docker": DockerArgs, "kubernetes": KubernetesArgs}[kind]
        )
        others = {key: args[key] for key in ("allowed_networks", "options") if args.get(key)}
        target_args = {
            "relay": relay,
            "allowed_sender_domains": args.get("allowed_sender_domains") or [domain],
            "hostname": pulumi.Output.concat("relay.", domain),
            **others,
            **_protected(args),
            **given[kind],
        }
        # The relay starts when its upstream accepts mail.
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(required))
        if kind == "kubernetes":
            from . import KubernetesRelay  # needs pulumi-kubernetes

            kubernetes_relay = KubernetesRelay(name, KubernetesRelayArgs(**target_args), opts)
            return _Target(kubernetes_relay.smtp_address, kubernetes_relay.workload)
        from . import DockerRelay  # needs pulumi-docker

        docker_relay = DockerRelay(name, DockerRelayArgs(**target_args), opts)
        return _Target(docker_relay.smtp_address, docker_relay.workload, docker_relay.network)


def _protected(args: MailRelayArgs) -> dict[str, bool]:
    """What protects a part, unless the part says something else."""
    return {"protect": args["protect"]} if "protect" in args else {}


def _with_fallback(args: MailRelayArgs, upstream: Upstream) -> MailRelayArgs:
    """The arguments with the upstream's own fallback among the options."""
    options = args.get("options", {})
    if options.get("fallback"):
        raise InvalidArgument(
            "MailRelay", "options.fallback", f"{upstream.kind} has a fallback already: leave one of them out"
        )
    return MailRelayArgs(**{**args, "options": {**options, "fallback": upstream.fallback}})


@dataclass(frozen=True)
class _Target:
    """What runs: where it takes mail, and what it is called."""

    smtp_address: pulumi.Output[str]
    workload: pulumi.Output[str]
    network: pulumi.Input[str] = ""
