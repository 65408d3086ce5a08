"""Settings as OpenSMTPD wants them: smtpd.conf and its tables. Pure text, no I/O.

Every argument is quoted and every name has a prefix, because smtpd.conf reserves words such as `senders`.
"""

from collections.abc import Iterable, Iterator

from .checks import ANY_DOMAIN, SWITCHED_OFF
from .failover import FALLBACK, PRIMARY
from .limits import mta_limits
from .refusals import DIRECT
from .settings import SMTP_PORT, SUBMISSION_PORT, Dkim, Settings, Upstream

CREDENTIALS_TABLE = "t_credentials"
UPSTREAM_TABLE = "t_upstream"
LOGINS_TABLE = "t_logins"

CREDENTIALS_FILE = "credentials"
UPSTREAM_FILE = "upstream"
LOGINS_FILE = "logins"
CERTIFICATE_FILE = "submission.crt"
KEY_FILE = "submission.key"
DKIM_KEY_FILE = "dkim.key"

# A queued envelope names its action; under another name it would never be delivered. Do not rename. Routes have a
# number behind it.
_RELAY = "relay"

# What wodby/opensmtpd calls its one action, now and in its first versions: mail in a queue of its leaves through these.
# https://github.com/wodby/opensmtpd/blob/master/templates/smtpd.conf.tmpl
_ACTIONS_OF_WODBY = ("default", "act01")

# OpenSMTPD's default ends a session after 100 messages, which breaks bulk senders that keep one open.
_MESSAGES_PER_SESSION = 100_000

# A null sender, as text for a match rule: mailaddr_to_text in OpenSMTPD's to.c.
_NULL_SENDER = "^@$"

# Where Debian has them. OpenSMTPD starts filters without a PATH.
_REWRITE = "/usr/bin/python3 -I -m relay.filter"
_SIGN = "/usr/libexec/opensmtpd/filter-dkimsign"

# Signs what relays may change least: https://www.rfc-editor.org/rfc/rfc6376#section-3.4
_CANONICALIZATION = "relaxed/relaxed"


def smtpd_conf(settings: Settings, directory: str, *, ipv4_only: bool = False) -> str:
    """smtpd.conf for `settings`, whose `allowed_networks` and `hostname` must be filled in.

    `directory` holds the files that it names. With `ipv4_only` no IPv6 address of an upstream is tried: where none can
    be reached, each failed try would cost seconds.
    """
    lines = [
        f"queue ttl {_quote(settings.expire)}",
        f"bounce warn-interval {', '.join(map(_quote, settings.bounce_warn))}",
        f"smtp max-message-size {_quote(settings.max_message_size)}",
        f"smtp limit max-mails {_MESSAGES_PER_SESSION}",
    ]
    if ipv4_only and not any(":" in upstream.host for upstream in _upstreams(settings).values()):
        lines.append("mta limit inet4")
    lines += mta_limits(settings)
    lines += _tables(settings, directory)
    lines += _listeners(settings, directory)
    lines += _actions(settings, directory)
    lines += _rules(settings)
    return "".join(f"{line}\n" for line in lines)


def credentials(settings: Settings) -> str:
    """The credentials table: the logins that the upstreams' URLs name. Empty: none needs one."""
    # OpenSMTPD takes a login without a colon for a password, and the label for its user name.
    return "".join(
        f"{label} {upstream.user}:{upstream.password or upstream.user}\n"
        for label, upstream in _upstreams(settings).items()
        if upstream.user
    )


def upstream_table(settings: Settings, active: str) -> str:
    """The table of the one server that mail without a route goes to: that of PRIMARY or of FALLBACK."""
    label = {PRIMARY: _RELAY, FALLBACK: "fallback"}[active]
    # Without the first line the colon in the URL would make it a mapping: parse_table_line in OpenSMTPD's util.c.
    return f"# @list\n{_url(label, _upstreams(settings)[label])}\n"


def authorities(settings: Settings) -> dict[str, str]:
    """The CAs of upstreams that have some of their own: PEM texts by the names of their files."""
    return {
        _authority_file(label): "".join(upstream.ca for upstream in upstreams)
        for label, upstreams in _targets(settings).items()
        if upstreams[0].ca
    }


def host_and_port(upstream: Upstream) -> str:
    """Where the upstream is, as a URL has it."""
    host = f"[{upstream.host}]" if ":" in upstream.host else upstream.host
    return f"{host}:{upstream.port}"


def _targets(settings: Settings) -> dict[str, tuple[Upstream, ...]]:
    """The upstreams of each action, by the name that the action and its parts have in common."""
    first = (settings.upstream, settings.fallback) if settings.fallback else (settings.upstream,)
    return {_RELAY: first, **{f"{_RELAY}_{route.number}": (route.upstream,) for route in settings.routes}}


def _upstreams(settings: Settings) -> dict[str, Upstream]:
    """All upstreams, by the labels of their logins."""
    upstreams = {label: targets[0] for label, targets in _targets(settings).items()}
    return upstreams | ({"fallback": settings.fallback} if settings.fallback else {})


def _url(label: str, upstream: Upstream) -> str:
    login = f"{label}@" if upstream.user else ""
    return f"{upstream.proto}://{login}{host_and_port(upstream)}"


def _tables(settings: Settings, directory: str) -> Iterator[str]:
    yield _list("t_networks", settings.allowed_networks)
    for route in settings.routes:
        yield _list(f"t_senders_{route.number}", map(_sender_pattern, route.sender_domains))
    yield _list("t_senders", map(_sender_pattern, settings.allowed_sender_domains))
    yield _list("t_null_sender", [_NULL_SENDER])
    if settings.allowed_recipient_domains:
        yield _list("t_recipients", map(_domain_pattern, settings.allowed_recipient_domains))
    if any(upstream.user for upstream in _upstreams(settings).values()):
        yield _file(CREDENTIALS_TABLE, directory, CREDENTIALS_FILE)
    if settings.fallback:
        yield _file(UPSTREAM_TABLE, directory, UPSTREAM_FILE)
    if settings.submission:
        yield _file(LOGINS_TABLE, directory, LOGINS_FILE)


def _listeners(settings: Settings, directory: str) -> Iterator[str]:
    filters = []
    if is_rewriting(settings):
        yield f'filter "f_rewrite" proc-exec {_quote(_REWRITE)}'
        filters.append("f_rewrite")
    if settings.dkim:
        # Behind the other, so that it signs what that has made.
        yield f'filter "f_sign" proc-exec {_quote(_signer(settings.dkim, directory))}'
        filters.append("f_sign")
    through = f" filter {{ {', '.join(map(_quote, filters))} }}" if filters else ""
    name = f"hostname {_quote(settings.hostname)}{through}"
    addresses = [bind for bind in (settings.bind_addr4, settings.bind_addr6) if bind != SWITCHED_OFF]
    for address in addresses:
        yield f"listen on {_quote(address)} port {SMTP_PORT} {name}"
    if settings.submission:
        yield (
            f'pki "p_submission" cert {_quote(f"{directory}/{CERTIFICATE_FILE}")} '
            f"key {_quote(f'{directory}/{KEY_FILE}')}"
        )
    for address in addresses if settings.submission else ():
        yield (
            f'listen on {_quote(address)} port {SUBMISSION_PORT} tls-require pki "p_submission" '
            f"auth <{LOGINS_TABLE}> {name}"
        )
    if through:
        yield f"listen on socket{through}"


def is_rewriting(settings: Settings) -> bool:
    """Whether messages go through relay/filter.py. What is signed does, as it stops lines that end the signer."""
    return bool(settings.from_header or settings.redirect_recipients or settings.dkim)


def _signer(dkim: Dkim, directory: str) -> str:
    return (
        f"{_SIGN} -c {_CANONICALIZATION} -d {dkim.domain} -s {dkim.selector} -k {directory}/{DKIM_KEY_FILE}"
    )


def _actions(settings: Settings, directory: str) -> Iterator[str]:
    for label, (upstream, *others) in _targets(settings).items():
        options = []
        if upstream.proto != DIRECT:
            host = f"<{UPSTREAM_TABLE}>" if others else _quote(_url(label, upstream))
            options.append(f"host {host}")
        if upstream.insecure_skip_verify:
            options.append("tls no-verify")
        if any(target.user for target in (upstream, *others)):
            options.append(f"auth <{CREDENTIALS_TABLE}>")
        if upstream.ca:
            yield f"ca {_quote(f'c_{label}')} cert {_quote(f'{directory}/{_authority_file(label)}')}"
            options.append(f"ca {_quote(f'c_{label}')}")
        if settings.envelope_sender:
            options.append(f"mail-from {_quote(settings.envelope_sender)}")
        options.append(f"helo {_quote(settings.hostname)}")
        for name in (f"a_{label}", *(_ACTIONS_OF_WODBY if label == _RELAY else ())):
            yield f"action {_quote(name)} relay {' '.join(options)}"


def _rules(settings: Settings) -> Iterator[str]:
    # The socket is `sendmail` in the container, and OpenSMTPD's own bounces. What matches no rule is refused.
    origins = ["src <t_networks>", "socket"]
    if settings.submission:
        origins.append("auth")
    destination = "domain regex <t_recipients>" if settings.allowed_recipient_domains else "any"
    suffixes = [*(f"_{route.number}" for route in settings.routes), ""]
    rules = [
        (origin, f"t_senders{suffix}", f"a_{_RELAY}{suffix}") for suffix in suffixes for origin in origins
    ]
    for origin, senders, action in [*rules, ("socket", "t_null_sender", f"a_{_RELAY}")]:
        yield f"match from {origin} mail-from regex <{senders}> for {destination} action {_quote(action)}"


def _authority_file(label: str) -> str:
    return f"ca_{label}.pem"


def _list(name: str, items: Iterable[str]) -> str:
    return f"table {name} {{ {', '.join(map(_quote, items))} }}"


def _file(name: str, directory: str, file: str) -> str:
    return f"table {name} {_quote(f'file:{directory}/{file}')}"


def _sender_pattern(domain: str) -> str:
    # OpenSMTPD's own wildcard stands for one label only; sub-domains may be deeper.
    if domain == ANY_DOMAIN:
        return "@"
    prefix = r"@[^@]+\." if domain.startswith("*.") else "@"
    return _pattern(prefix, domain)


def _domain_pattern(domain: str) -> str:
    return _pattern(r".\." if domain.startswith("*.") else "^", domain)


def _pattern(prefix: str, domain: str) -> str:
    return "(?i)" + prefix + domain.removeprefix("*.").replace(".", r"\.") + "$"


def _quote(value: str) -> str:
    # The checks let no quotation mark and no backslash through; only patterns have a backslash, and smtpd.conf keeps
    # one that stands before a dot.
    return f'"{value}"'
