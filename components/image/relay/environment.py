"""The container's environment: what each variable means, and how settings are read from it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, TypeVar

from .invalid_setting import InvalidSetting
from .settings import MAX_ROUTES, Dkim, Route, Settings, Submission, Upstream

PREFIXES = ("RELAY_", "OPENSMTPD_")
FILE_SUFFIX = "_FILE"
NUMBER = "<n>"

_T = TypeVar("_T", Settings, Upstream, Route, Submission, Dkim)

# Kubernetes tells a container of each Service in its namespace, and one may be called relay or opensmtpd:
# https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
_SERVICE_LINK = re.compile(
    r"\w+_SERVICE_(HOST|PORT)\w*=|\w+_PORT=(tcp|udp|sctp)://|\w+_PORT_[0-9]+_(TCP|UDP|SCTP)\w*="
)


class InvalidEnvironment(ValueError):
    """The environment makes no relay. The message is one line, names the variable and the fix, and no secret."""


@dataclass(frozen=True)
class Variable:
    """One variable of the environment. An empty value stands for the default."""

    name: str
    """With NUMBER in it: as many variables, one for each of 1 to MAX_ROUTES."""
    field: str
    """What it sets: a member of Settings, or of what is in it, with that one's name before it (`dkim_key`)."""
    default: str
    """As it would be written in the environment, or in words where it depends on something. Empty: none."""
    description: str
    required: bool = False
    from_file: bool = False
    """Whether the same name with `_FILE` behind it may name a file that holds the value instead."""

    def numbered(self) -> Iterator["Variable"]:
        """The variables that it stands for."""
        for number in range(1, MAX_ROUTES + 1) if NUMBER in self.name else (0,):
            name, field = (text.replace(NUMBER, str(number)) for text in (self.name, self.field))
            yield replace(self, name=name, field=field)


_UPSTREAM = (
    Variable("RELAY_HOST", "host", "", "SMTP server that takes the mail: a bare name.", required=True),
    Variable("RELAY_PORT", "port", "587, with smtps 465", "Its port."),
    Variable(
        "RELAY_PROTO",
        "proto",
        "smtp+tls",
        "smtp+tls (STARTTLS required, certificate verified), smtps (TLS from the first byte, certificate verified), "
        "smtp (STARTTLS if offered, nothing verified), smtp+notls (plain text) or direct (no server: straight to the "
        "recipients' own). A login needs one of the first two.",
    ),
    Variable(
        "RELAY_USER", "user", "", "User name of the login. None: relays without a login.", from_file=True
    ),
    Variable(
        "RELAY_PASSWORD",
        "password",
        "",
        "Password of the login. None: the user name is sent as the password too, as token providers expect.",
        from_file=True,
    ),
    Variable(
        "RELAY_CA",
        "ca",
        "",
        "PEM text of the CAs that may have signed the server's certificate. None: the public CAs.",
        from_file=True,
    ),
)


def _further_upstream(infix: str, prefix: str, host: str) -> tuple[Variable, ...]:
    """The variables of the first upstream with `infix` in their names, and `prefix` before those of their fields."""
    return tuple(
        replace(
            variable,
            name=variable.name.replace("RELAY_", f"RELAY_{infix}"),
            field=prefix + variable.field,
            description=host if variable.field == "host" else f"As `{variable.name}`.",
            required=False,
        )
        for variable in _UPSTREAM
    )


VARIABLES = (
    *_UPSTREAM,
    Variable(
        "RELAY_INSECURE_SKIP_VERIFY",
        "insecure_skip_verify",
        "no",
        "yes: any certificate will do for `RELAY_HOST`, and whoever is on the way can read the mail and the login.",
    ),
    *_further_upstream(
        "FALLBACK_", "fallback_", "Second SMTP server, used while the first does not take mail."
    ),
    Variable(
        "RELAY_<n>_SENDER_DOMAINS",
        "route_<n>_sender_domains",
        "",
        "Domains whose mail takes the server below; n is 1 to 9, and the lowest that fits counts. They may send as if "
        "they were in `OPENSMTPD_ALLOWED_SENDER_DOMAINS`.",
    ),
    *_further_upstream("<n>_", "route_<n>_", "SMTP server for the mail of those domains."),
    Variable(
        "OPENSMTPD_ALLOWED_SENDER_DOMAINS",
        "allowed_sender_domains",
        "",
        "Domains whose addresses may send, with commas between. example.com is that domain alone, *.example.com all "
        "its sub-domains, * by itself any.",
        required=True,
    ),
    Variable(
        "OPENSMTPD_ALLOWED_NETWORKS",
        "allowed_networks",
        "loopback and the networks that the container is attached to",
        "Networks whose hosts may submit mail, in CIDR notation with commas between.",
    ),
    Variable(
        "OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS",
        "allowed_recipient_domains",
        "",
        "For staging: domains to which mail may go, written as those of senders. None: any.",
    ),
    Variable(
        "OPENSMTPD_REDIRECT_RECIPIENTS",
        "redirect_recipients",
        "",
        "For staging: the mailbox that gets all mail, whomever it is for. X-Original-To names each recipient.",
    ),
    Variable(
        "OPENSMTPD_ENVELOPE_SENDER",
        "envelope_sender",
        "",
        "Address that every envelope sender becomes; of @example.com, the domain only. None: unchanged.",
    ),
    Variable(
        "OPENSMTPD_FROM_HEADER",
        "from_header",
        "",
        "Address in every From header; of @example.com, the domain only. None: unchanged. With an address, whoever "
        "wrote gets the answers by a Reply-To, where there is none.",
    ),
    Variable(
        "OPENSMTPD_SUBMISSION_CERTIFICATE",
        "submission_certificate",
        "",
        "PEM text of the certificate (and its chain) for port 587, where clients log in over STARTTLS and come from "
        "anywhere. Needs the next two.",
        from_file=True,
    ),
    Variable(
        "OPENSMTPD_SUBMISSION_KEY", "submission_key", "", "PEM text of its private key.", from_file=True
    ),
    Variable(
        "OPENSMTPD_SUBMISSION_LOGINS",
        "submission_logins",
        "",
        "Who may log in: lines user:hash, with a hash of crypt(3) as `openssl passwd -6` makes it.",
        from_file=True,
    ),
    Variable(
        "OPENSMTPD_DKIM_DOMAIN",
        "dkim_domain",
        "",
        "Domain that signs all mail (DKIM), for upstreams that do not. Needs the next two.",
    ),
    Variable("OPENSMTPD_DKIM_SELECTOR", "dkim_selector", "", "Name of the key in DNS, before ._domainkey."),
    Variable("OPENSMTPD_DKIM_KEY", "dkim_key", "", "PEM text of the RSA private key.", from_file=True),
    Variable(
        "OPENSMTPD_HOSTNAME", "hostname", "the container's host name", "Name in the banner and in EHLO."
    ),
    Variable(
        "OPENSMTPD_EXPIRE", "expire", "4d", "How long a message that cannot be delivered stays in the queue."
    ),
    Variable(
        "OPENSMTPD_BOUNCE_WARN",
        "bounce_warn",
        "1h, 6h, 2d",
        "After which delays the sender is told that a message still waits; at most four.",
    ),
    Variable("OPENSMTPD_MAX_MESSAGE_SIZE", "max_message_size", "35M", "Largest message that is taken."),
    Variable("OPENSMTPD_BIND_ADDR4", "bind_addr4", "0.0.0.0", "IPv4 address to listen on, or none."),  # noqa: S104
    Variable(
        "OPENSMTPD_BIND_ADDR6",
        "bind_addr6",
        "::",
        "IPv6 address to listen on, or none. The default is skipped where there is no IPv6.",
    ),
    Variable(
        "OPENSMTPD_MAX_RATE",
        "max_rate",
        "",
        "Messages a second that the upstream takes. No second has more; on average it is about half as many, as "
        "OpenSMTPD counts whole seconds. None: as fast as it goes.",
    ),
    Variable(
        "OPENSMTPD_MAX_CONNECTIONS",
        "max_connections",
        "20",
        "Connections to the upstream at a time, where no rate decides that.",
    ),
    Variable("OPENSMTPD_LOG_FORMAT", "log_format", "plain", "plain or json."),
    Variable(
        "OPENSMTPD_LOG_ADDRESSES", "log_addresses", "full", "full, or masked: without the part before the @."
    ),
    Variable(
        "OPENSMTPD_METRICS_PORT",
        "metrics_port",
        "",
        "Port on which HTTP serves /metrics, /livez and /readyz. None: not at all.",
    ),
    Variable(
        "OPENSMTPD_PROBE_INTERVAL",
        "probe_interval",
        "60s",
        "How often the upstream and the login are tried, without a message.",
    ),
    Variable(
        "OPENSMTPD_MAX_QUEUE_AGE",
        "max_queue_age",
        "15m",
        "A message that waits longer makes the relay not ready.",
    ),
    Variable(
        "OPENSMTPD_DRAIN_TIMEOUT",
        "drain_timeout",
        "20s",
        "After SIGTERM: how long queued mail may still leave; the rest stays in the queue.",
    ),
)
"""All variables that the container knows."""

_KNOWN = tuple(one for variable in VARIABLES for one in variable.numbered())


def read(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` describes. Raises InvalidEnvironment."""
    # A link may have the name of a variable: RELAY_PORT, where the Service is called relay.
    environ = {name: value for name, value in environ.items() if not _SERVICE_LINK.match(f"{name}={value}")}
    _refuse_unknown(environ)
    texts = {variable.field: text for variable in _KNOWN if (text := _text(variable, environ))}

    def given(prefix: str) -> bool:
        return any(field.startswith(prefix) for field in texts)

    def make(kind: type[_T], prefix: str, **parts: Any) -> _T:
        # What has no default is made of an empty text, whose refusal says what is missing.
        for member in fields(kind):
            text = texts.get(prefix + member.name, "")
            if member.name not in parts and (text or member.default is MISSING):
                parts[member.name] = text
        try:
            return kind(**parts)
        except InvalidSetting as error:
            raise InvalidEnvironment(named(environ, error, prefix)) from None

    def route(number: int) -> Route:
        prefix = f"route_{number}_"
        return make(Route, prefix, number=number, upstream=make(Upstream, prefix))

    return make(
        Settings,
        "",
        upstream=make(Upstream, ""),
        fallback=make(Upstream, "fallback_") if given("fallback_") else None,
        routes=tuple(route(number) for number in range(1, MAX_ROUTES + 1) if given(f"route_{number}_")),
        submission=make(Submission, "submission_") if given("submission_") else None,
        dkim=make(Dkim, "dkim_") if given("dkim_") else None,
    )


def paths(environ: Mapping[str, str]) -> list[str]:
    """The files that `read` reads."""
    names = (variable.name + FILE_SUFFIX for variable in _KNOWN if variable.from_file)
    return [environ[name] for name in names if environ.get(name)]


def named(environ: Mapping[str, str], error: InvalidSetting, prefix: str = "") -> str:
    """The message of `error` about `environ`, with variables for fields: for `host` that of `prefix` and `host`."""
    return error.named(lambda field: _name_in(environ, prefix, field))


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {variable.name for variable in _KNOWN}
    known |= {variable.name + FILE_SUFFIX for variable in _KNOWN if variable.from_file}
    for name in environ:
        if name.startswith(PREFIXES) and name not in known:
            nearest = min(sorted(known), key=lambda candidate: _distance(name, candidate))
            # A name may have a line break in it.
            raise InvalidEnvironment(
                f"{repr(name)[1:-1]} is not a variable of the relay: did you mean {nearest}?"
            )


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, left out or exchanged to make `other` of `one`."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        left_above, row[0] = row[0], i
        for j, goal in enumerate(other, 1):
            left_above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, left_above + (letter != goal))
    return row[-1]


def _text(variable: Variable, environ: Mapping[str, str]) -> str:
    text = environ.get(variable.name, "")
    file_variable = variable.name + FILE_SUFFIX
    path = environ.get(file_variable, "") if variable.from_file else ""
    if not path:
        return text
    if text:
        raise InvalidEnvironment(f"{variable.name} and {file_variable} are both set: leave one of them out")
    if not path.startswith("/"):
        # It may be the secret itself.
        raise InvalidEnvironment(
            f"{file_variable} is no absolute path: name a file that holds the value, or set {variable.name}"
        )
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            # An editor puts a line's end behind the last line; the shell's $(< file) drops it too.
            return file.read().rstrip("\r\n")
    except OSError as error:
        raise InvalidEnvironment(
            f"{file_variable} {path!r} cannot be read ({error.strerror}): name a file that root in it can read"
        ) from None


def _name_in(environ: Mapping[str, str], prefix: str, field: str) -> str:
    """The variable that sets `field`, as it is or would be given. Its own refusals leave the prefix out."""
    names = {variable.field: variable.name for variable in _KNOWN}
    name = names[prefix + field] if prefix + field in names else names[field]
    return name + FILE_SUFFIX if environ.get(name + FILE_SUFFIX) else name
