"""What the relay can be told, and the one place that says whether it makes sense.

The components run these checks at preview; the container runs the same ones when it starts. `smtpd -n` is no
substitute: it accepts relay URLs that fail only when the first message is to be delivered.
"""

import binascii
import ipaddress
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields

DEFAULT_PORT = {"smtp+tls": 587, "smtps": 465, "smtp": 587, "smtp+notls": 587}
"""The port of each relay protocol: mandatory STARTTLS, implicit TLS, opportunistic STARTTLS, plaintext."""

VERIFIED = ("smtp+tls", "smtps")
"""Protocols that verify the upstream's certificate. OpenSMTPD sends a login over no other."""

ANY_DOMAIN = "*"
SWITCHED_OFF = "none"

# The widest private ranges are 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193): wider ones let strangers in.
WIDEST_PREFIX = {4: 8, 6: 7}

# OpenSMTPD keeps base64("\0user\0password") in a buffer of LINE_MAX (2048) octets: lka.c.
MAX_OCTETS = {"user": 255, "password": 1024}

MAX_BOUNCE_WARNINGS = 4  # MAX_BOUNCE_WARN of OpenSMTPD's smtpd.h
MAX_SECONDS = 2**31 - 1  # OpenSMTPD counts in an int
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_CONTROL = r"[\x00-\x1f\x7f-\x9f]"
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST_LABEL = r"(?![_-]*\Z)(?!-)[a-z0-9_-]{1,63}(?<!-)"  # names inside a network may have an underscore
_HOST_NAME = rf"(?=.{{1,253}}\Z){_HOST_LABEL}(\.{_HOST_LABEL})*\Z"
_DOMAIN = (
    rf"(?=.{{1,253}}\Z)({_LABEL}\.)+(?=[0-9-]*[a-z]){_LABEL}\Z"  # the last label has a letter: no address
)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s.+?\s-----END CERTIFICATE-----", re.DOTALL)


class InvalidSetting(ValueError):
    """A setting that would not work, or not safely. Never holds a secret.

    `field` is the setting's bare name, `value` what it was as a reader may see it (empty for a secret),
    `problem` and `fix` are the two halves of the message.
    """

    def __init__(self, field: str, problem: str, fix: str, value: str = ""):
        super().__init__(field, problem, fix, value)
        self.field = field
        self.value = value
        self.problem = _name_fields(problem, str)
        self.fix = _name_fields(fix, str)

    def named(self, name: Callable[[str], str]) -> str:
        """The message on one line, each field called what `name` makes of it (`RELAY_HOST`, `relayHost`)."""
        field, problem, fix, value = self.args
        return " ".join(
            filter(None, (name(field), value, f"{_name_fields(problem, name)}: {_name_fields(fix, name)}"))
        )

    def __str__(self) -> str:
        return self.named(str)


def _name_fields(template: str, name: Callable[[str], str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda reference: name(reference[1]), template)


REFUSALS = {
    "host": (
        (r"^\Z", "is empty", "name the SMTP server that takes the mail; nothing is delivered directly"),
        (rf"\s|{_CONTROL}", "has white space in it", "give the bare name of the server"),
        (r"@", "has a user in it", "put that in {user} and {password}, and give the bare name here"),
        (r"://", "has a scheme in it", "put that in {proto}, and give the bare name here"),
        (r"/", "has a path in it", "give the bare name of the server"),
        (r"^(\[.*\]|[^:]*):[0-9]*\Z", "has a port in it", "put that in {port}, and give the bare name here"),
        (r"\.\Z", "ends in a dot", "drop the dot; no certificate has it"),
        (
            rf"^(?!{_HOST_NAME})",
            "is not a host name",
            "use letters, digits, dots and hyphens, as in smtp.example.com",
        ),
        (r"(^|\.)[0-9]+\Z", "is not an IPv4 address", "give four numbers from 0 to 255, or a name"),
    ),
    "port": ((r"^(?![0-9]{1,9}\Z)", "is not a port number", "use a number from 1 to 65535"),),
    "proto": (
        (
            rf"^(?!({'|'.join(map(re.escape, DEFAULT_PORT))})\Z)",
            "is not a relay protocol",
            f"use one of {', '.join(DEFAULT_PORT)}",
        ),
    ),
    "user": (
        (r"^\Z", "is empty", "leave {user} out to relay without a login"),
        (r":", "has a colon in it", "give the user name alone here, and the password in {password}"),
        (rf"\s|{_CONTROL}", "has white space or a control character in it", "give the user name alone"),
    ),
    "password": (
        (r"^\Z", "is empty", "leave {password} out"),
        (
            _CONTROL,
            "has a line break or another control character in it",
            "give it as one line, without the line's end",
        ),
        (r"\s\Z", "ends in white space", "remove that; the credentials table cannot hold it"),
    ),
    "ca": (
        (
            r"PRIVATE KEY-----",
            "has a private key in it",
            "give the CA's certificate alone, and replace that key",
        ),
    ),
    "hostname": (
        (
            rf"^(?!{_HOST_NAME})",
            "is not a host name",
            "use letters, digits, dots and hyphens, as in relay.example.com",
        ),
    ),
    "allowed_sender_domains": (
        (r"^\*\Z", "lets every domain send", "give it by itself, or leave it out"),
        (r"@", "is an address", "give the domain alone, the part behind the @"),
        (r"[^\x00-\x7f]", "is not in ASCII", "write the domain as in DNS, with xn--"),
        (
            rf"^(?!(\*\.)?{_DOMAIN})",
            "is not a domain",
            "use names as in example.com, or *.example.com for its sub-domains",
        ),
    ),
    "allowed_networks": (
        (
            r"^(?![0-9a-f.:]+/[0-9]{1,3}\Z)",
            "is not a network in CIDR notation",
            "add the prefix length, as in 10.0.0.0/8 or 192.0.2.1/32",
        ),
    ),
    "expire": (
        (
            r"^(?!0*[1-9][0-9]{0,9}[smhd]\Z)",
            "is not a duration",
            "use a number and one of s, m, h, d, as in 4d",
        ),
    ),
    "bounce_warn": (
        (
            r"^(?!0*[1-9][0-9]{0,9}[smhd]\Z)",
            "is not a duration",
            "use numbers with one of s, m, h, d, as in 1h, 6h, 2d",
        ),
    ),
    "max_message_size": (
        (
            r"^(?!0*[1-9][0-9]{0,9}[kmg]?\Z)",
            "is not a size",
            "use a number of bytes, or one with K, M or G, as in 35M",
        ),
    ),
}
"""Per field: patterns that must not be found, the problem when one is, and the fix. The first is reported."""

SHOWN: dict[str, Callable[[str], str]] = {
    # A login that landed in the wrong field is a secret all the same.
    "host": lambda value: re.sub(r"^.*@", "***@", value, flags=re.DOTALL),
    "user": lambda value: re.sub(r":.*", ":***", value, flags=re.DOTALL),
}
SECRET = ("password", "ca")  # a CA is none, but what is given for one may be a private key


def _show(field: str, value: object) -> str:
    if field in SECRET:
        return ""
    shown = repr(SHOWN.get(field, str)(value) if isinstance(value, str) else value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _check(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidSetting(
            field, f"is of type {type(value).__name__}", "give it as text", _show(field, value)
        )
    for pattern, problem, fix in REFUSALS[field]:
        if re.search(pattern, value, re.IGNORECASE):
            raise InvalidSetting(field, problem, fix, _show(field, value))
    if len(value.encode(errors="replace")) > MAX_OCTETS.get(field, sys.maxsize):
        raise InvalidSetting(
            field, "is too long", f"use at most {MAX_OCTETS[field]} octets", _show(field, value)
        )
    return value


def _items(field: str, value: object) -> list[str]:
    """The items of a text with commas between, or of a sequence of texts."""
    if isinstance(value, str):
        return [item for part in value.split(",") if (item := part.strip())]
    if not isinstance(value, list | tuple):
        raise InvalidSetting(
            field, "is not a list", "give a list, or a text with commas between", _show(field, value)
        )
    return list(value)


def _check_duration(field: str, value: object) -> str:
    duration = _check(field, value).lower()
    if int(duration[:-1]) * SECONDS[duration[-1]] > MAX_SECONDS:
        raise InvalidSetting(field, "is too long", "use at most 24855d", _show(field, value))
    return duration


def _address(value: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    # A zone (fe80::1%eth0) may be any text, and is good for one host only.
    try:
        return ipaddress.ip_address(value) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return None


def _check_bind(field: str, value: object, version: int, example: str) -> str:
    address = _address(value)
    if value == SWITCHED_OFF or (address and address.version == version):
        return value
    fix = f"use one such as {example}, or {SWITCHED_OFF}"
    raise InvalidSetting(field, f"is not an IPv{version} address", fix, _show(field, value))


def check_host(value: object) -> str:
    """A host name, an IPv4 address, or an IPv6 address with or without brackets; nothing else."""
    bare = value[1:-1] if isinstance(value, str) and value[:1] + value[-1:] == "[]" else value
    return str(_address(bare) or _check("host", value))


def check_port(value: object) -> int:
    """A port, as a number or as text."""
    port = int(_check("port", str(value)))
    if not 1 <= port <= 65535:
        raise InvalidSetting("port", "is out of range", "use a number from 1 to 65535", str(port))
    return port


def check_proto(value: object) -> str:
    """One of the keys of DEFAULT_PORT."""
    return _check("proto", value).lower()


def check_user(value: object) -> str:
    """A user name for the upstream."""
    return _check("user", value)


def check_password(value: object) -> str:
    """A password for the upstream."""
    return _check("password", value)


def check_ca(value: object) -> str:
    """One or more PEM certificates; what stands around them is dropped."""
    certificates = _PEM.findall(_check("ca", value))
    if not certificates or not all(map(_is_certificate, certificates)):
        raise InvalidSetting(
            "ca",
            "is not a PEM certificate",
            "give the certificate's whole text, from -----BEGIN CERTIFICATE----- on, not a path",
        )
    return "".join(f"{certificate}\n" for certificate in certificates)


def _is_certificate(pem: str) -> bool:
    try:
        der = binascii.a2b_base64("".join(pem.split()[2:-2]), strict_mode=True)
    except binascii.Error:
        return False
    # One DER SEQUENCE of 256 to 65535 octets: its length stands in the third and fourth octet.
    return der[:2] == b"\x30\x82" and int.from_bytes(der[2:4], "big") == len(der) - 4


def check_login(proto: str, has_user: bool, has_password: bool) -> None:
    """Refuses a password that nobody would use, and a login that OpenSMTPD would not send over `proto`."""
    if has_password and not has_user:
        raise InvalidSetting("user", "is missing", "give {user} with {password}, or neither")
    if has_user and proto not in VERIFIED:
        raise InvalidSetting(
            "proto",
            "does not protect a login",
            f"use {' or '.join(VERIFIED)}, or leave {{user}} and {{password}} out",
            _show("proto", proto),
        )


def check_allowed_sender_domains(value: object) -> tuple[str, ...]:
    """Domains whose addresses may send: `example.com` is that one alone, `*.example.com` all its sub-domains.

    ANY_DOMAIN, by itself, lets every sender through.
    """
    field = "allowed_sender_domains"
    domains = _items(field, value)
    if domains == [ANY_DOMAIN]:
        return (ANY_DOMAIN,)
    if not domains:
        raise InvalidSetting(field, "is empty", "name the domains that may send, as in example.com")
    return tuple(dict.fromkeys(_check(field, domain).lower() for domain in domains))


def check_allowed_networks(value: object) -> tuple[str, ...]:
    """Networks in CIDR notation whose hosts may submit mail; none means loopback and attached networks."""
    field = "allowed_networks"
    networks = []
    for item in _items(field, value):
        text = _check(field, item)
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            fix = "give the network's own address and prefix length, as in 10.0.0.0/8"
            raise InvalidSetting(
                field, "is no network, or has host bits set", fix, _show(field, item)
            ) from None
        widest = WIDEST_PREFIX[network.version]
        if network.prefixlen < widest:
            fix = f"name the networks of your clients, at most a /{widest} each"
            raise InvalidSetting(field, "is so wide that strangers could relay", fix, _show(field, item))
        networks.append(str(network))
    return tuple(dict.fromkeys(networks))


def check_hostname(value: object) -> str:
    """The name in the banner and in EHLO."""
    return _check("hostname", value)


def check_expire(value: object) -> str:
    """How long an undeliverable message stays in the queue: a number and one of s, m, h, d."""
    return _check_duration("expire", value)


def check_bounce_warn(value: object) -> tuple[str, ...]:
    """After which delays the sender is told that a message still waits."""
    delays = tuple(_check_duration("bounce_warn", delay) for delay in _items("bounce_warn", value))
    if not 1 <= len(delays) <= MAX_BOUNCE_WARNINGS:
        fix = f"give 1 to {MAX_BOUNCE_WARNINGS} delays, as in 1h, 6h, 2d"
        raise InvalidSetting("bounce_warn", f"has {len(delays)} delays", fix, _show("bounce_warn", value))
    return delays


def check_max_message_size(value: object) -> str:
    """The largest message that is taken, in bytes or with K, M, G (powers of 1024)."""
    return _check("max_message_size", value).upper()


def check_bind_addr4(value: object) -> str:
    """The IPv4 address to listen on, or SWITCHED_OFF."""
    return _check_bind("bind_addr4", value, 4, "127.0.0.1")


def check_bind_addr6(value: object) -> str:
    """The IPv6 address to listen on, or SWITCHED_OFF."""
    return _check_bind("bind_addr6", value, 6, "::1")


CHECKS = {
    "host": check_host,
    "port": check_port,
    "proto": check_proto,
    "user": check_user,
    "password": check_password,
    "ca": check_ca,
    "allowed_sender_domains": check_allowed_sender_domains,
    "allowed_networks": check_allowed_networks,
    "hostname": check_hostname,
    "expire": check_expire,
    "bounce_warn": check_bounce_warn,
    "max_message_size": check_max_message_size,
    "bind_addr4": check_bind_addr4,
    "bind_addr6": check_bind_addr6,
}
"""The check of each field. It returns the value in its normal form, or raises InvalidSetting."""


class _Checked:
    def __post_init__(self) -> None:
        for member in fields(self):
            value = getattr(self, member.name)
            if member.name in CHECKS and value != member.default:
                object.__setattr__(self, member.name, CHECKS[member.name](value))


@dataclass(frozen=True)
class Upstream(_Checked):
    """The SMTP server that takes the mail. Raises InvalidSetting when it cannot work."""

    host: str
    """Its name, which its certificate must have."""
    port: int | None = None
    """Default: 587, or 465 for smtps."""
    proto: str = "smtp+tls"
    """One of the keys of DEFAULT_PORT."""
    user: str = ""
    """Empty: no login. Without a password: user name and password both (token providers)."""
    password: str = field(default="", repr=False)
    ca: str = field(default="", repr=False)
    """PEM text of the CAs that may have signed its certificate. Default: those of the system."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_login(self.proto, bool(self.user), bool(self.password))
        if self.port is None:
            object.__setattr__(self, "port", DEFAULT_PORT[self.proto])


@dataclass(frozen=True)
class Settings(_Checked):
    """All that a relay can be told. Raises InvalidSetting when it makes no sense."""

    upstream: Upstream
    allowed_sender_domains: tuple[str, ...]
    """Whose mail is taken."""
    allowed_networks: tuple[str, ...] = ()
    """From where mail is taken. Default: loopback and the networks that the container is attached to."""
    hostname: str = ""
    """The name in the banner and in EHLO. Default: the container's."""
    expire: str = "4d"
    bounce_warn: tuple[str, ...] = ("1h", "6h", "2d")
    max_message_size: str = "35M"
    bind_addr4: str = "0.0.0.0"  # noqa: S104 - the container's own network; who may relay is allowed_networks' matter
    bind_addr6: str = "::"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bind_addr4 == self.bind_addr6 == SWITCHED_OFF:
            fix = "give at least one of {bind_addr4} and {bind_addr6} an address"
            raise InvalidSetting("bind_addr4", "and {bind_addr6} are switched off", fix)
