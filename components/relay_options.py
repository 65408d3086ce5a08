"""RelayOptions: what a relay can be told beyond its upstream, its senders and its networks."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

from .relay_settings import RelaySettings


class RelayRoute(TypedDict):
    """Another upstream for the mail of some sender domains."""

    sender_domains: pulumi.Input[Sequence[pulumi.Input[str]]]
    """The domains whose mail takes this upstream; they may send without being allowed elsewhere too."""
    settings: RelaySettings
    """The upstream: what a maker of `relay_settings` returns. Its certificate is always verified."""


class RelayOptions(TypedDict):
    """How the relay treats mail, waits, and reports. All of it has a default; every value may be an Output.

    Durations are a number and one of `s`, `m`, `h`, `d`.
    """

    fallback: NotRequired[RelaySettings]
    """A second upstream, used while the first fails. Defaults to none: mail waits in the queue."""
    routes: NotRequired[Sequence[RelayRoute]]
    """Up to nine other upstreams by sender domain; the first that fits is used. Defaults to none."""
    expire: NotRequired[pulumi.Input[str]]
    """How long a message that cannot be delivered stays in the queue. Defaults to `4d`."""
    bounce_warn: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """After which delays the sender is told that a message still waits; at most four. Defaults to `1h`, `6h`, `2d`."""
    max_message_size: NotRequired[pulumi.Input[str]]
    """The largest message that is taken, in octets or with K, M or G (powers of 1024). Defaults to `35M`."""
    max_connections: NotRequired[pulumi.Input[int]]
    """The most connections to the upstream at a time. Defaults to what suits a service such as SES."""
    envelope_sender: NotRequired[pulumi.Input[str]]
    """The sender that the upstream is told: an address, or `@example.com` to change the domain only. Defaults to the
    one that the application gave."""
    from_header: NotRequired[pulumi.Input[str]]
    """The address in the `From` header: an address (the display name stays, and who wrote gets the answers through
    `Reply-To`), or `@example.com` to change the domain only. Defaults to the message's own."""
    redirect_recipients: NotRequired[pulumi.Input[str]]
    """The mailbox that gets all mail instead of its recipients, for staging. They are named in `X-Original-To`.
    Defaults to none."""
    allowed_recipient_domains: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Domains that may receive, for staging; others are refused. Defaults to all."""
    submission_certificate: NotRequired[pulumi.Input[str]]
    """The certificate for port 587, as PEM text with its chain: clients log in there over TLS and may come from any
    network. Goes with `submission_key` and `submission_logins`. Defaults to no such port."""
    submission_key: NotRequired[pulumi.Input[str]]
    """The private key of that certificate, as PEM text; secret."""
    submission_logins: NotRequired[pulumi.Input[str]]
    """Who may log in there: lines `user:hash`, with a hash as `openssl passwd -6` makes it; secret."""
    dkim_domain: NotRequired[pulumi.Input[str]]
    """The domain that messages are signed for with DKIM. Goes with `dkim_selector` and `dkim_key`. Defaults to no
    signature: SES and SendGrid sign by themselves."""
    dkim_selector: NotRequired[pulumi.Input[str]]
    """The selector: the public key stands in DNS at `<selector>._domainkey.<domain>`."""
    dkim_key: NotRequired[pulumi.Input[str]]
    """The private key of the signature, as PEM text; secret."""
    log_format: NotRequired[pulumi.Input[str]]
    """`plain` or `json`. Defaults to `plain`."""
    log_addresses: NotRequired[pulumi.Input[str]]
    """`full`, or `masked` to hide the local part of addresses in the log. Defaults to `full`."""
    metrics_port: NotRequired[pulumi.Input[int]]
    """The port of `/metrics`, `/livez` and `/readyz`. Defaults to none."""
    probe_interval: NotRequired[pulumi.Input[str]]
    """How often the login at the upstream is tried. Defaults to `60s`."""
    max_queue_age: NotRequired[pulumi.Input[str]]
    """A message that waits longer makes the relay not ready. Defaults to `15m`."""
    drain_timeout: NotRequired[pulumi.Input[str]]
    """How long queued mail may still leave when the relay is stopped. Defaults to `20s`."""
