"""Settings as OpenSMTPD wants them: smtpd.conf and the credentials table. Pure text, no I/O.

Every argument is quoted and every name has a prefix, because smtpd.conf reserves words such as `senders`.
"""

from collections.abc import Iterable

from .checks import ANY_DOMAIN, SWITCHED_OFF
from .health import PORT
from .settings import Settings, Upstream

CREDENTIALS_FILE = "credentials"
CA_FILE = "ca.pem"

# A queued envelope names its action; under another name it would never be delivered. Do not rename.
_ACTION = "a_relay"
_LOGIN = "relay"

# OpenSMTPD's default ends a session after 100 messages, which breaks bulk senders that keep one open.
_MESSAGES_PER_SESSION = 100_000

# A null sender, as text for a match rule: mailaddr_to_text in OpenSMTPD's to.c.
_NULL_SENDER = "^@$"


def smtpd_conf(settings: Settings, directory: str, *, ipv4_only: bool = False) -> str:
    """smtpd.conf for `settings`, whose `allowed_networks` and `hostname` must be filled in.

    `directory` holds the credentials table and the CA. With `ipv4_only` no IPv6 address of the upstream is tried:
    where none can be reached, each failed try would cost seconds.
    """
    upstream = settings.upstream
    lines = [
        f"queue ttl {_quote(settings.expire)}",
        f"bounce warn-interval {', '.join(map(_quote, settings.bounce_warn))}",
        f"smtp max-message-size {_quote(settings.max_message_size)}",
        f"smtp limit max-mails {_MESSAGES_PER_SESSION}",
    ]
    if ipv4_only and ":" not in upstream.host:
        lines.append("mta limit inet4")
    lines += [
        _table("t_networks", settings.allowed_networks),
        _table("t_senders", map(_sender_pattern, settings.allowed_sender_domains)),
        _table("t_null_sender", [_NULL_SENDER]),
    ]
    if upstream.user:
        lines.append(f"table t_credentials {_quote(f'file:{directory}/{CREDENTIALS_FILE}')}")
    if upstream.ca:
        lines.append(f'ca "c_upstream" cert {_quote(f"{directory}/{CA_FILE}")}')
    lines += [
        f"listen on {_quote(address)} port {PORT} hostname {_quote(settings.hostname)}"
        for address in (settings.bind_addr4, settings.bind_addr6)
        if address != SWITCHED_OFF
    ]
    lines.append(_action(upstream, settings.hostname))
    # The socket is `sendmail` in the container, and OpenSMTPD's own bounces. What matches no rule is refused.
    lines += [
        f"match from src <t_networks> mail-from regex <t_senders> for any action {_quote(_ACTION)}",
        f"match from socket mail-from regex <t_senders> for any action {_quote(_ACTION)}",
        f"match from socket mail-from regex <t_null_sender> for any action {_quote(_ACTION)}",
    ]
    return "".join(f"{line}\n" for line in lines)


def credentials(upstream: Upstream) -> str:
    """The credentials table: the one login that the action names."""
    # OpenSMTPD takes a login without a colon for a password, and the label for its user name.
    return f"{_LOGIN} {upstream.user}:{upstream.password or upstream.user}\n"


def host_and_port(upstream: Upstream) -> str:
    """Where the upstream is, as a URL has it."""
    host = f"[{upstream.host}]" if ":" in upstream.host else upstream.host
    return f"{host}:{upstream.port}"


def _action(upstream: Upstream, hostname: str) -> str:
    label = f"{_LOGIN}@" if upstream.user else ""
    options = ["host", _quote(f"{upstream.proto}://{label}{host_and_port(upstream)}")]
    if upstream.user:
        options.append("auth <t_credentials>")
    if upstream.ca:
        options.append('ca "c_upstream"')
    return " ".join([f"action {_quote(_ACTION)} relay", *options, f"helo {_quote(hostname)}"])


def _table(name: str, items: Iterable[str]) -> str:
    return f"table {name} {{ {', '.join(map(_quote, items))} }}"


def _sender_pattern(domain: str) -> str:
    # OpenSMTPD's own wildcard stands for one label only; sub-domains may be deeper.
    if domain == ANY_DOMAIN:
        return "@"
    prefix = r"@[^@]+\." if domain.startswith("*.") else "@"
    return "(?i)" + prefix + domain.removeprefix("*.").replace(".", r"\.") + "$"


def _quote(value: str) -> str:
    # The checks of settings.py let no quotation mark and no backslash through; only patterns have a backslash, and
    # smtpd.conf keeps one that stands before a dot.
    return f'"{value}"'
