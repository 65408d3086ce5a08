"""One check for each setting: it returns the value in its normal form, or raises InvalidSetting.

A normal form passes its own check unchanged.
"""

import ipaddress
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from . import pem
from .invalid_setting import InvalidSetting
from .refusals import REFUSALS

ANY_DOMAIN = "*"
SWITCHED_OFF = "none"

# The widest private ranges are 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193): wider ones let strangers in.
WIDEST_PREFIX = {4: 8, 6: 7}

# OpenSMTPD keeps base64("\0user\0password") in a buffer of LINE_MAX (2048) octets: lka.c.
MAX_OCTETS = {"user": 255, "password": 1024}

MAX_BOUNCE_WARNINGS = 4  # MAX_BOUNCE_WARN of OpenSMTPD's smtpd.h
MAX_SECONDS = 2**31 - 1  # OpenSMTPD counts in an int
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Check = Callable[[object], Any]

# What crypt(3) of libxcrypt makes, without the methods that are broken: https://manpages.debian.org/crypt.5
_HASH = re.compile(r"\$(2[aby]|5|6|7|y|gy|sm3|sm3y)\$[./A-Za-z0-9$=,]{20,}")
# Those of them that fill memory, but for yescrypt of up to 16 MiB. OpenSMTPD computes the hash in its own process: more
# than its container may have, 128 MiB for what `smtpctl encrypt` makes, is the end of the relay at the first login.
_HASH_IN_MEMORY = re.compile(r"\$(7|gy|sm3y|y(?!\$j[./0-9][./0-9A-T]\$))\$")
_LOGIN_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=-]{0,63}")

_SHOWN: dict[str, Callable[[str], str]] = {
    # A login that landed in the wrong field is a secret all the same.
    "host": lambda value: re.sub(r"^.*@", "***@", value, flags=re.DOTALL),
    "user": lambda value: re.sub(r":.*", ":***", value, flags=re.DOTALL),
}
# A certificate is none, but what is given for one may be a private key.
_SECRET = ("password", "ca", "submission_certificate", "submission_key", "submission_logins", "dkim_key")


def refuse(field: str, problem: str, fix: str, value: object = "") -> InvalidSetting:
    """The refusal of `field`, showing its value as far as that is no secret."""
    return InvalidSetting(field, problem, fix, _show(field, value) if value != "" else "")


def _show(field: str, value: object) -> str:
    if field in _SECRET:
        return ""
    shown = repr(_SHOWN.get(field, str)(value) if isinstance(value, str) else value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        problem = f"is of type {type(value).__name__}"
        raise InvalidSetting(field, problem, "give it as text", _show(field, value))
    for pattern, problem, fix in REFUSALS[field]:
        if re.search(pattern, value, re.IGNORECASE):
            raise InvalidSetting(field, problem, fix, _show(field, value))
    if len(value.encode(errors="replace")) > MAX_OCTETS.get(field, sys.maxsize):
        fix = f"use at most {MAX_OCTETS[field]} octets"
        raise InvalidSetting(field, "is too long", fix, _show(field, value))
    return value


def _lower(field: str, value: object) -> str:
    return _text(field, value).lower()


def _upper(field: str, value: object) -> str:
    return _text(field, value).upper()


def _number(field: str, low: int, high: int, value: object) -> int:
    number = int(_text(field, str(value)))
    if not low <= number <= high:
        raise InvalidSetting(field, "is out of range", f"use a number from {low} to {high}", str(number))
    return number


def _choice(field: str, choices: tuple[str, ...], value: object) -> str:
    if isinstance(value, str) and value.lower() in choices:
        return value.lower()
    raise InvalidSetting(field, "is not known", f"use {' or '.join(choices)}", _show(field, value))


def _switch(field: str, value: object) -> bool:
    return value if isinstance(value, bool) else _choice(field, ("yes", "no"), value) == "yes"


def _duration(field: str, value: object) -> str:
    duration = _lower(field, value)
    if int(duration[:-1]) * SECONDS[duration[-1]] > MAX_SECONDS:
        raise InvalidSetting(field, "is too long", "use at most 24855d", _show(field, value))
    return duration


def _seconds(field: str, longest: str, value: object) -> int:
    """A duration as text, or its seconds; returns seconds."""
    text = f"{value}s" if isinstance(value, int) else value
    duration = _lower(field, text)
    seconds = int(duration[:-1]) * SECONDS[duration[-1]]
    if seconds > int(longest[:-1]) * SECONDS[longest[-1]]:
        raise InvalidSetting(field, "is too long", f"use at most {longest}", _show(field, text))
    return seconds


def _items(field: str, value: object) -> list[str]:
    """The items of a text with commas between, or of a sequence of texts."""
    if isinstance(value, str):
        return [item for part in value.split(",") if (item := part.strip())]
    if not isinstance(value, list | tuple):
        fix = "give a list, or a text with commas between"
        raise InvalidSetting(field, "is not a list", fix, _show(field, value))
    return list(value)


def _domains(field: str, value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_lower(field, domain) for domain in _items(field, value)))


def _some_domains(field: str, value: object) -> tuple[str, ...]:
    if domains := _domains(field, value):
        return domains
    raise InvalidSetting(field, "is empty", "name the domains that may send, as in example.com")


def _address(value: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    # A zone (fe80::1%eth0) may be any text, and is good for one host only.
    try:
        return ipaddress.ip_address(value) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return None


def _bind(field: str, version: int, example: str, value: object) -> str:
    address = _address(value)
    if value == SWITCHED_OFF or (address and address.version == version):
        return str(value)
    fix = f"use one such as {example}, or {SWITCHED_OFF}"
    raise InvalidSetting(field, f"is not an IPv{version} address", fix, _show(field, value))


def _certificates(field: str, value: object) -> str:
    """One or more PEM certificates; what stands around them is dropped."""
    if certificates := pem.certificates(_text(field, value)):
        return certificates
    fix = "give the certificate's whole text, from -----BEGIN CERTIFICATE----- on, not a path"
    raise InvalidSetting(field, "is not a PEM certificate", fix)


def _private_key(field: str, value: object) -> str:
    """One PEM private key; what stands around it is dropped."""
    if key := pem.private_key(_text(field, value)):
        return key
    fix = "give one key's whole text, from -----BEGIN PRIVATE KEY----- on, not a path"
    raise InvalidSetting(field, "is not a PEM private key", fix)


def _dkim_key(field: str, value: object) -> str:
    key = _private_key(field, value)
    if not pem.is_rsa(key):
        # Verifiers need not know another: https://www.rfc-editor.org/rfc/rfc8301#section-3.1
        raise InvalidSetting(field, "is not an RSA key", "make one with `openssl genrsa 2048`")
    return key


def _logins(field: str, value: object) -> str:
    """Lines `user:hash`; empty ones are dropped. A hash is what crypt(3) makes."""
    logins: dict[str, str] = {}
    for number, line in enumerate(_text(field, value).splitlines(), 1):
        user, _, hashed = line.strip().partition(":")
        if not (user or hashed):
            continue
        problem = ""
        if not _LOGIN_USER.fullmatch(user):
            problem = "does not begin with a user name and a colon"
        elif user.lower() in logins:  # OpenSMTPD looks a user up in lower case
            problem = "names a user again"
        elif not _HASH.fullmatch(hashed):
            problem = "has no crypt(3) hash behind the user name"
        elif _HASH_IN_MEMORY.match(hashed):
            problem = "has a hash that may take more memory than the relay has"
        if problem:
            fix = "write user:hash, where `openssl passwd -6` makes the hash of a password"
            raise InvalidSetting(field, f"{problem} in line {number}", fix)
        logins[user.lower()] = hashed
    return "".join(f"{user}:{hashed}\n" for user, hashed in logins.items())


def check_host(value: object) -> str:
    """A host name, an IPv4 address, or an IPv6 address with or without brackets; nothing else."""
    bare = value[1:-1] if isinstance(value, str) and value[:1] + value[-1:] == "[]" else value
    return str(_address(bare) or _text("host", value))


def check_allowed_sender_domains(value: object) -> tuple[str, ...]:
    """Domains whose addresses may send: `example.com` is that one alone, `*.example.com` all its sub-domains.

    ANY_DOMAIN, by itself, lets every sender through.
    """
    field = "allowed_sender_domains"
    return (ANY_DOMAIN,) if _items(field, value) == [ANY_DOMAIN] else _some_domains(field, value)


def check_allowed_networks(value: object) -> tuple[str, ...]:
    """Networks in CIDR notation whose hosts may submit mail; none means loopback and attached networks."""
    field = "allowed_networks"
    networks = []
    for item in _items(field, value):
        text = _text(field, item)
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            fix = "give the network's own address and prefix length, as in 10.0.0.0/8"
            problem = "is no network, or has host bits set"
            raise InvalidSetting(field, problem, fix, _show(field, item)) from None
        widest = WIDEST_PREFIX[network.version]
        if network.prefixlen < widest:
            fix = f"name the networks of your clients, at most a /{widest} each"
            raise InvalidSetting(field, "is so wide that strangers could relay", fix, _show(field, item))
        networks.append(str(network))
    return tuple(dict.fromkeys(networks))


def check_bounce_warn(value: object) -> tuple[str, ...]:
    """After which delays the sender is told that a message still waits."""
    delays = tuple(_duration("bounce_warn", delay) for delay in _items("bounce_warn", value))
    if not 1 <= len(delays) <= MAX_BOUNCE_WARNINGS:
        fix = f"give 1 to {MAX_BOUNCE_WARNINGS} delays, as in 1h, 6h, 2d"
        raise InvalidSetting("bounce_warn", f"has {len(delays)} delays", fix, _show("bounce_warn", value))
    return delays


# What checks each field that has no function of its own, and what that is told.
_FORMS: dict[str, tuple[Callable[..., Any], *tuple[Any, ...]]] = {
    "port": (_number, 1, 65535),
    "proto": (_lower,),
    "user": (_text,),
    "password": (_text,),
    "ca": (_certificates,),
    "insecure_skip_verify": (_switch,),
    "sender_domains": (_some_domains,),
    "hostname": (_text,),
    "allowed_recipient_domains": (_domains,),
    "redirect_recipients": (_text,),
    "envelope_sender": (_text,),
    "from_header": (_text,),
    "submission_certificate": (_certificates,),
    "submission_key": (_private_key,),
    "submission_logins": (_logins,),
    "dkim_domain": (_lower,),
    "dkim_selector": (_lower,),
    "dkim_key": (_dkim_key,),
    "expire": (_duration,),
    "max_message_size": (_upper,),
    "bind_addr4": (_bind, 4, "127.0.0.1"),
    "bind_addr6": (_bind, 6, "::1"),
    "max_rate": (_number, 1, 10_000),
    "max_connections": (_number, 1, 1000),
    "log_format": (_choice, ("plain", "json")),
    "log_addresses": (_choice, ("full", "masked")),
    "metrics_port": (_number, 1, 65535),
    "probe_interval": (_seconds, "1d"),
    "max_queue_age": (_seconds, "30d"),
    "drain_timeout": (_seconds, "1h"),
}

CHECKS: dict[str, Check] = {
    "host": check_host,
    "allowed_sender_domains": check_allowed_sender_domains,
    "allowed_networks": check_allowed_networks,
    "bounce_warn": check_bounce_warn,
    **{field: partial(form, field, *bounds) for field, (form, *bounds) in _FORMS.items()},
}
"""The check of each field."""
