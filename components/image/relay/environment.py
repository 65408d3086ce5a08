"""The container's environment: what each variable means, and how settings are read from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from .settings import InvalidSetting, Settings, Upstream

PREFIXES = ("RELAY_", "OPENSMTPD_")
FILE_SUFFIX = "_FILE"

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
    field: str
    """What it sets in Upstream or Settings."""
    default: str
    """As it would be written in the environment, or in words where it depends on something. Empty: none."""
    description: str
    required: bool = False
    from_file: bool = False
    """Whether the same name with `_FILE` behind it may name a file that holds the value instead."""


VARIABLES = (
    Variable("RELAY_HOST", "host", "", "SMTP server that takes the mail: a bare name.", required=True),
    Variable("RELAY_PORT", "port", "587, with smtps 465", "Its port."),
    Variable(
        "RELAY_PROTO",
        "proto",
        "smtp+tls",
        "smtp+tls (STARTTLS required, certificate verified), smtps (TLS from the first byte, certificate verified), "
        "smtp (STARTTLS if offered, nothing verified) or smtp+notls (plain text). A login needs one of the first two.",
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
)
"""All variables that the container knows."""


def read(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` describes. Raises InvalidEnvironment."""
    _refuse_unknown(environ)
    texts = {variable: _text(variable, environ) for variable in VARIABLES}
    values = {variable.field: text for variable, text in texts.items() if text or variable.required}
    upstream = {member.name: values.pop(member.name) for member in fields(Upstream) if member.name in values}
    try:
        return Settings(Upstream(**upstream), **values)
    except InvalidSetting as error:
        raise InvalidEnvironment(error.named(lambda field: _name_in(environ, field))) from None


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {variable.name for variable in VARIABLES}
    known |= {variable.name + FILE_SUFFIX for variable in VARIABLES if variable.from_file}
    for name, value in environ.items():
        if name.startswith(PREFIXES) and name not in known and not _SERVICE_LINK.match(f"{name}={value}"):
            nearest = min(sorted(known), key=lambda candidate: _distance(name, candidate))
            raise InvalidEnvironment(f"{name} is not a variable of the relay: did you mean {nearest}?")


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
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            # An editor puts a line's end behind the last line; the shell's $(< file) drops it too.
            return file.read().rstrip("\r\n")
    except OSError as error:
        raise InvalidEnvironment(
            f"{file_variable} {path!r} cannot be read ({error.strerror}): name a file that root in it can read"
        ) from None


def _name_in(environ: Mapping[str, str], field: str) -> str:
    """The variable that sets `field`, as it is or would be given."""
    name = next(variable.name for variable in VARIABLES if variable.field == field)
    return name + FILE_SUFFIX if environ.get(name + FILE_SUFFIX) else name
