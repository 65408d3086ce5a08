"""What the relay can be told, and the one place that says whether it makes sense as a whole.

The components run these checks at preview; the container runs the same ones when it starts. `smtpd -n` is no
substitute: it accepts relay URLs that fail only when the first message is to be delivered.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from typing import ClassVar

from .checks import CHECKS, SWITCHED_OFF, refuse
from .refusals import DEFAULT_PORT, DIRECT

VERIFIED = ("smtp+tls", "smtps")
"""Protocols that verify the upstream's certificate. OpenSMTPD sends a login over no other."""

SMTP_PORT = 25
SUBMISSION_PORT = 587

MAX_ROUTES = 9

# https://docs.aws.amazon.com/general/latest/gr/ses.html
_SES = re.compile(r"email-smtp[a-z0-9.-]*\.amazonaws\.com(\.cn)?\Z", re.IGNORECASE)


def check_upstream(proto: str, given: Collection[str]) -> None:
    """Raises InvalidSetting when a server that is reached by `proto` cannot do with just the fields `given`.

    `insecure_skip_verify` is one of them when it is switched on.
    """
    if proto == DIRECT:
        for name in ("host", "port", "user", "password", "ca", "insecure_skip_verify"):
            if name in given:
                raise refuse(
                    name, f"does not go with {{proto}} {DIRECT}", f"leave {{{name}}} or {{proto}} out"
                )
        return
    if "password" in given and "user" not in given:
        raise refuse("user", "is missing", "give {user} with {password}, or neither")
    if proto not in VERIFIED:
        if "user" in given:
            fix = f"use {' or '.join(VERIFIED)}, or leave {{user}} and {{password}} out"
            raise refuse("proto", "does not protect a login", fix, proto)
        if "insecure_skip_verify" in given:
            fix = f"leave it out, or set {{proto}} to {' or '.join(VERIFIED)}"
            raise refuse(
                "insecure_skip_verify", f"means nothing to {{proto}} {proto}, which verifies nothing", fix
            )
    if {"ca", "insecure_skip_verify"} <= set(given):
        raise refuse(
            "insecure_skip_verify", "and {ca} exclude each other", "leave {insecure_skip_verify} out"
        )


@dataclass(frozen=True)
class _Checked:
    # What stands before a member's name in the name of its check.
    _PREFIX: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for member in fields(self):
            check = CHECKS.get(self._PREFIX + member.name)
            value = getattr(self, member.name)
            if check and value != member.default:
                object.__setattr__(self, member.name, check(value))


@dataclass(frozen=True)
class Upstream(_Checked):
    """The SMTP server that takes the mail. Raises InvalidSetting when it cannot work."""

    host: str = ""
    """Its name, which its certificate must have. Empty only for direct delivery."""
    port: int | None = None
    """Default: 587, or 465 for smtps. None only for direct delivery."""
    proto: str = "smtp+tls"
    """One of the keys of DEFAULT_PORT, or DIRECT."""
    user: str = ""
    """Empty: no login. Without a password: user name and password both (token providers)."""
    password: str = field(default="", repr=False)
    ca: str = field(default="", repr=False)
    """PEM text of the CAs that may have signed its certificate. Default: those of the system."""
    insecure_skip_verify: bool = False
    """Whether any certificate will do."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_upstream(self.proto, {member.name for member in fields(self) if getattr(self, member.name)})
        if self.proto != DIRECT:
            CHECKS["host"](self.host)
        if self.port is None:
            object.__setattr__(self, "port", DEFAULT_PORT.get(self.proto))

    @property
    def verify(self) -> bool:
        """Whether its certificate must be right."""
        return self.proto in VERIFIED and not self.insecure_skip_verify

    @property
    def is_ses(self) -> bool:
        """Whether this is a public endpoint of Amazon SES, which signs all mail itself."""
        return bool(_SES.match(self.host))


@dataclass(frozen=True)
class Route(_Checked):
    """An upstream for the mail of some sender domains, which may send like those of `allowed_sender_domains`."""

    number: int
    """From 1 to MAX_ROUTES. Mail that waits in the queue knows its route by it."""
    sender_domains: tuple[str, ...]
    upstream: Upstream


@dataclass(frozen=True)
class Submission(_Checked):
    """A second listener, on SUBMISSION_PORT, for clients that log in from anywhere. TLS is required."""

    _PREFIX: ClassVar[str] = "submission_"

    certificate: str
    """PEM text: the server's certificate, then those between it and its CA."""
    key: str = field(repr=False)
    """PEM text of its private key."""
    logins: str = field(repr=False)
    """Lines `user:hash`, where the hash is one of crypt(3)."""


@dataclass(frozen=True)
class Dkim(_Checked):
    """A DKIM signature for every message."""

    _PREFIX: ClassVar[str] = "dkim_"

    domain: str
    selector: str
    key: str = field(repr=False)
    """PEM text of an RSA private key."""


@dataclass(frozen=True)
class Settings(_Checked):
    """All that a relay can be told. Raises InvalidSetting when it makes no sense."""

    upstream: Upstream
    allowed_sender_domains: tuple[str, ...]
    """Whose mail is taken."""
    fallback: Upstream | None = None
    """Takes the mail while `upstream` does not."""
    routes: tuple[Route, ...] = ()
    """Upstreams for the mail of some senders, in the order in which they are asked."""
    allowed_networks: tuple[str, ...] = ()
    """From where mail is taken. Default: loopback and the networks that the container is attached to."""
    hostname: str = ""
    """The name in the banner and in EHLO. Default: the container's."""
    expire: str = "4d"
    bounce_warn: tuple[str, ...] = ("1h", "6h", "2d")
    max_message_size: str = "35M"
    bind_addr4: str = "0.0.0.0"  # noqa: S104 - the container's own network; who may relay is allowed_networks' matter
    bind_addr6: str = "::"
    submission: Submission | None = None
    redirect_recipients: str = ""
    """The mailbox that every recipient becomes. Empty: recipients stay as they are."""
    allowed_recipient_domains: tuple[str, ...] = ()
    """To where mail is taken. Empty: to anywhere."""
    envelope_sender: str = ""
    """Address, or `@domain`, that the envelope sender becomes. Empty: it stays as it is."""
    from_header: str = ""
    """Address, or `@domain`, that stands in the From header. Empty: it stays as it is."""
    dkim: Dkim | None = None
    max_rate: int | None = None
    """Messages a second that the upstream takes. None: any."""
    max_connections: int = 20
    """To the upstream at a time."""
    log_format: str = "plain"
    """`plain` or `json`."""
    log_addresses: str = "full"
    """`full`, or `masked`: without the local parts."""
    metrics_port: int | None = None
    """Where /metrics, /livez and /readyz are served by HTTP. None: nowhere."""
    probe_interval: int = 60
    """Seconds from one trial of the upstream to the next."""
    max_queue_age: int = 15 * 60
    """Seconds that a message may wait before the relay is not ready."""
    drain_timeout: int = 20
    """Seconds in which queued mail may still leave after SIGTERM."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bind_addr4 == self.bind_addr6 == SWITCHED_OFF:
            fix = "give at least one of {bind_addr4} and {bind_addr6} an address"
            raise refuse("bind_addr4", "and {bind_addr6} are switched off", fix)
        if self.metrics_port in (SMTP_PORT, SUBMISSION_PORT):
            raise refuse("metrics_port", "is a port for mail", "use another, as in 9000", self.metrics_port)
        if self.redirect_recipients and self.allowed_recipient_domains:
            problem = "and {allowed_recipient_domains} exclude each other"
            fix = "leave one of them out: nothing goes anywhere but to the one mailbox"
            raise refuse("redirect_recipients", problem, fix)
        self._check_fallback()
        self._check_routes()
        self._check_dkim()

    def upstreams(self) -> Iterator[tuple[str, Upstream]]:
        """Every upstream, each with what stands before the names of its fields."""
        yield "", self.upstream
        if self.fallback:
            yield "fallback_", self.fallback
        for route in self.routes:
            yield f"route_{route.number}_", route.upstream

    def _check_fallback(self) -> None:
        first, second = self.upstream, self.fallback
        if second is None:
            return
        # One action of OpenSMTPD leads to both, with one TLS state and one set of CAs: mta_session.c.
        if DIRECT in (first.proto, second.proto):
            fix = "give both of them a server, or leave {fallback_host} out"
            raise refuse("fallback_proto", f"or {{proto}} is {DIRECT}", fix)
        if (first.proto in VERIFIED) != (second.proto in VERIFIED):
            problem = f"protects mail where {{proto}} {first.proto} does not, or the other way round"
            fix = f"use {' or '.join(VERIFIED)} for both, or for neither"
            raise refuse("fallback_proto", problem, fix, second.proto)
        if first.insecure_skip_verify or second.insecure_skip_verify:
            fix = "leave one of them out: the fallback's certificate would not be verified either"
            raise refuse("insecure_skip_verify", "does not go with {fallback_host}", fix)
        if bool(first.ca) != bool(second.ca):
            missing, given = ("fallback_ca", "ca") if first.ca else ("ca", "fallback_ca")
            fix = f"give both, as {{{given}}} counts for both servers, or neither"
            raise refuse(missing, f"is missing, while {{{given}}} is given", fix)

    def _check_routes(self) -> None:
        seen: dict[str, int] = {}
        for route in self.routes:
            for domain in route.sender_domains:
                if domain in seen:
                    first = f"{{route_{seen[domain]}_sender_domains}}"
                    fix = f"leave it out; {first} gets its mail"
                    raise refuse(f"route_{route.number}_sender_domains", f"is in {first} too", fix, domain)
                seen[domain] = route.number

    def _check_dkim(self) -> None:
        for prefix, upstream in self.upstreams():
            if self.dkim and upstream.is_ses:
                fix = "leave {dkim_domain}, {dkim_selector} and {dkim_key} out: SES signs, and refuses a second one"
                problem = f"does not go with {{{prefix}host}} {upstream.host}"
                raise refuse("dkim_domain", problem, fix, self.dkim.domain)
