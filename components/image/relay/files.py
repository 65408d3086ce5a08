"""All files that OpenSMTPD and its filters read, as data."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .failover import PRIMARY
from .settings import Settings
from .smtpd_conf import (
    CERTIFICATE_FILE,
    CREDENTIALS_FILE,
    DKIM_KEY_FILE,
    KEY_FILE,
    LOGINS_FILE,
    UPSTREAM_FILE,
    authorities,
    credentials,
    is_rewriting,
    smtpd_conf,
    upstream_table,
)

CONF_FILE = "smtpd.conf"

# /etc/mailname of the image is a link to it: OpenSMTPD's name for itself, in `Received:` and in bounces.
_MAILNAME_FILE = "mailname"
_FILTER_FILE = "filter.json"

_READERS = "opensmtpd"


@dataclass(frozen=True)
class File:
    """One file, which belongs to root."""

    name: str
    text: str = field(repr=False)
    mode: int
    group: str = "root"


def files(settings: Settings, directory: str, *, ipv4_only: bool = False) -> Iterator[File]:
    """What must lie in `directory` before OpenSMTPD starts; see smtpd_conf for the arguments."""
    yield File(CONF_FILE, smtpd_conf(settings, directory, ipv4_only=ipv4_only), 0o600)
    yield File(_MAILNAME_FILE, f"{settings.hostname}\n", 0o644)
    for name, text in authorities(settings).items():
        yield File(name, text, 0o644)
    # OpenSMTPD's lookup process reads tables again when told to, as its own user; filters run as that user too.
    if logins := credentials(settings):
        yield File(CREDENTIALS_FILE, logins, 0o640, _READERS)
    if settings.fallback:
        yield upstream_file(settings, PRIMARY)
    if settings.submission:
        yield File(CERTIFICATE_FILE, settings.submission.certificate, 0o644)
        yield File(KEY_FILE, settings.submission.key, 0o600)
        yield File(LOGINS_FILE, settings.submission.logins, 0o640, _READERS)
    if settings.dkim:
        yield File(DKIM_KEY_FILE, settings.dkim.key, 0o640, _READERS)
    if is_rewriting(settings):
        yield File(_FILTER_FILE, _filter_settings(settings), 0o640, _READERS)


def upstream_file(settings: Settings, active: str) -> File:
    """The table that leads mail without a route to PRIMARY or to FALLBACK; only relays with a fallback have it."""
    return File(UPSTREAM_FILE, upstream_table(settings, active), 0o640, _READERS)


def _filter_settings(settings: Settings) -> str:
    import json  # costs memory, and few relays have the filter

    return json.dumps(
        {"from_header": settings.from_header, "redirect_recipients": settings.redirect_recipients}
    )
