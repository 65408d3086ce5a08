"""What the text of a setting must not look like. Data for checks.py."""

import re

DIRECT = "direct"
"""The protocol that is none: mail goes straight to the recipients' servers."""

DEFAULT_PORT = {"smtp+tls": 587, "smtps": 465, "smtp": 587, "smtp+notls": 587}
"""The port of each relay protocol: mandatory STARTTLS, implicit TLS, opportunistic STARTTLS, plaintext."""

PROTOS = (*DEFAULT_PORT, DIRECT)

_CONTROL = r"[\x00-\x1f\x7f-\x9f]"
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST_LABEL = r"(?![_-]*\Z)(?!-)[a-z0-9_-]{1,63}(?<!-)"  # names inside a network may have an underscore
_HOST_NAME = rf"(?=.{{1,253}}\Z){_HOST_LABEL}(\.{_HOST_LABEL})*\Z"
_DOMAIN = (
    rf"(?=.{{1,253}}\Z)({_LABEL}\.)+(?=[0-9-]*[a-z]){_LABEL}\Z"  # the last label has a letter: no address
)
_SELECTOR_LABEL = r"(?![_-])[a-z0-9_-]{1,63}(?<![_-])"
# What OpenSMTPD takes (MAILADDR_ALLOWED in its smtpd.h) but for the bar, which separates fields for its filters.
_ATOM = r"[a-z0-9!#$%&'*/?^`{}~+=_-]+"
_ADDRESS = rf"(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@{_DOMAIN}"

Refusals = tuple[tuple[str, str, str], ...]

_DOMAIN_FORM: Refusals = (
    (r"@", "is an address", "give the domain alone, the part behind the @"),
    (r"[^\x00-\x7f]", "is not in ASCII", "write the domain as in DNS, with xn--"),
)
_DOMAINS_FORM: Refusals = (
    *_DOMAIN_FORM,
    (
        rf"^(?!(\*\.)?{_DOMAIN})",
        "is not a domain",
        "use names as in example.com, or *.example.com for its sub-domains",
    ),
)
_ADDRESS_OR_DOMAIN_FORM: Refusals = (
    (
        rf"^(?!{_ADDRESS}|@{_DOMAIN})",
        "is neither an address nor a domain behind an @",
        "use app@example.com for all of it, or @example.com for the domain only",
    ),
)
_PRIVATE_KEY_FORM: Refusals = (
    (r"^\s*\Z", "is empty", "give the private key's PEM text"),
    (r"ENCRYPTED", "needs a passphrase", "give a key without one; there is nobody to enter it"),
)


def _duration(example: str) -> Refusals:
    return (
        (
            r"^(?!0*[1-9][0-9]{0,9}[smhd]\Z)",
            "is not a duration",
            f"use a number and one of s, m, h, d, as in {example}",
        ),
    )


def _number(example: str) -> Refusals:
    return ((r"^(?![0-9]{1,9}\Z)", "is not a whole number", f"use digits alone, as in {example}"),)


REFUSALS: dict[str, Refusals] = {
    "host": (
        (r"^\Z", "is empty", f"name the SMTP server that takes the mail; only {{proto}} {DIRECT} needs none"),
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
            rf"^(?!({'|'.join(map(re.escape, PROTOS))})\Z)",
            "is not a relay protocol",
            f"use one of {', '.join(PROTOS)}",
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
    "sender_domains": (
        (r"^\*\Z", "is every domain", "name the domains; other mail takes the first upstream anyway"),
        *_DOMAINS_FORM,
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
        *_DOMAINS_FORM,
    ),
    "allowed_networks": (
        (
            r"^(?![0-9a-f.:]+/[0-9]{1,3}\Z)",
            "is not a network in CIDR notation",
            "add the prefix length, as in 10.0.0.0/8 or 192.0.2.1/32",
        ),
    ),
    "allowed_recipient_domains": (
        (r"^\*\Z", "is every domain", "leave it out to let mail to any domain pass"),
        *_DOMAINS_FORM,
    ),
    "redirect_recipients": (
        (
            rf"^(?!{_ADDRESS})",
            "is not an address",
            "name the one mailbox for all mail, as in staging@example.com",
        ),
    ),
    "envelope_sender": _ADDRESS_OR_DOMAIN_FORM,
    "from_header": _ADDRESS_OR_DOMAIN_FORM,
    "submission_certificate": (
        (
            r"^\s*\Z",
            "is empty",
            "submission needs {submission_certificate}, {submission_key} and {submission_logins}",
        ),
        (r"PRIVATE KEY-----", "has a private key in it", "put that in {submission_key}"),
    ),
    "submission_key": _PRIVATE_KEY_FORM,
    "submission_logins": ((r"^\s*\Z", "is empty", "give one line user:hash for each who may log in"),),
    "dkim_domain": (
        *_DOMAIN_FORM,
        (rf"^(?!{_DOMAIN})", "is not a domain", "name the one that signs, as in example.com"),
    ),
    "dkim_selector": (
        (
            rf"^(?!(?=.{{1,63}}\Z){_SELECTOR_LABEL}(\.{_SELECTOR_LABEL})*\Z)",
            "is not a selector",
            "give what stands before ._domainkey in DNS: letters, digits, hyphens, as in mail2026",
        ),
    ),
    "dkim_key": _PRIVATE_KEY_FORM,
    "max_message_size": (
        (
            r"^(?!0*[1-9][0-9]{0,9}[kmg]?\Z)",
            "is not a size",
            "use a number of bytes, or one with K, M or G, as in 35M",
        ),
    ),
    "metrics_port": ((r"^(?![0-9]{1,9}\Z)", "is not a port number", "use a number from 1 to 65535"),),
    "max_rate": _number("14"),
    "max_connections": _number("20"),
    "expire": _duration("4d"),
    "bounce_warn": _duration("1h, 6h, 2d"),
    "probe_interval": _duration("60s"),
    "max_queue_age": _duration("15m"),
    "drain_timeout": _duration("20s"),
}
"""Per field: patterns that must not be found, the problem when one is, and the fix. The first is reported."""
