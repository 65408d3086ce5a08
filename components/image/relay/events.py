"""OpenSMTPD's log, line by line, as events.

The lines are those of OpenSMTPD 7.6 (`log_info` in its smtp_session.c, mta_session.c, mta.c and queue.c). Clients and
upstreams choose parts of them: what cannot be told apart from a forgery is no event.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """OpenSMTPD has started."""

    version: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A client has connected; `address` is `local` for OpenSMTPD's own bounces and for sendmail."""

    session: str
    address: str
    hostname: str


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A client's session is encrypted."""

    session: str
    ciphers: str


@dataclass(frozen=True, slots=True)
class Login:
    """A client has tried to log in."""

    session: str
    user: str
    result: str
    """`ok`, `tempfail` or `permfail`."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message is in the queue, and its client has been told so."""

    session: str
    queue_id: str
    size_bytes: int
    recipients: int


@dataclass(frozen=True, slots=True)
class Queued:
    """One recipient of an accepted message."""

    session: str
    queue_id: str
    envelope_id: str
    sender: str
    """Empty for a bounce."""
    recipient: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A client's command was refused."""

    session: str
    command: str
    """As the client wrote it, with odd characters in escapes; empty for what was no command."""
    reply: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A client has gone; `reason` is `quit` for one that said so."""

    session: str
    reason: str


@dataclass(frozen=True, slots=True)
class UpstreamConnecting:
    """A session with an upstream begins."""

    session: str
    address: str
    """With protocol and port: `smtp+tls://192.0.2.1:587`."""
    hostname: str


@dataclass(frozen=True, slots=True)
class UpstreamConnected:
    """The upstream has taken the connection."""

    session: str


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """The session is encrypted."""

    session: str
    ciphers: str


@dataclass(frozen=True, slots=True)
class UpstreamCertificate:
    """What the check of the upstream's certificate came to; a failed one is an UpstreamError."""

    session: str
    result: str
    """`valid` or `unverified`."""
    fingerprint: str


@dataclass(frozen=True, slots=True)
class UpstreamDisconnected:
    """A session with the upstream has ended as it should."""

    session: str
    messages: int


@dataclass(frozen=True, slots=True)
class UpstreamError:
    """A session with the upstream has failed: no connection, a wrong certificate, a refused login and the like."""

    session: str
    reason: str
    """`IO Error: Connection refused`, `AUTH rejected: 535 ...`, `IO Error: certificate verification failed: ...`"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient of one message was tried."""

    session: str
    """Zeros where no connection came to be."""
    queue_id: str
    envelope_id: str
    sender: str
    recipient: str
    original_recipient: str
    """Before rewriting; empty where it is the same."""
    relay: str
    """`192.0.2.1 (smtp.example.com)`, or the name alone where no connection came to be."""
    delay_seconds: int
    """Since the message was accepted."""
    result: str
    """`Ok`, `TempFail` or `PermFail`."""
    upstream_reply: str
    """What the upstream said, or why it could not be asked."""
    upstream_message_id: str
    """What the upstream calls the message, where its reply says so."""


@dataclass(frozen=True, slots=True)
class Expired:
    """A message was given up after its time in the queue."""

    queue_id: str
    envelope_id: str
    sender: str
    recipient: str
    delay_seconds: int


@dataclass(frozen=True, slots=True)
class Removed:
    """Somebody has removed a message from the queue."""

    queue_id: str
    envelope_id: str
    sender: str
    recipient: str
    delay_seconds: int


@dataclass(frozen=True, slots=True)
class RouteDisabled:
    """An address of the upstream is not tried for a while."""

    route: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RouteEnabled:
    """An address of the upstream is tried again."""

    route: str


@dataclass(frozen=True, slots=True)
class NoRoute:
    """No address of the upstream can be tried now."""

    relay: str
    reason: str


Event = (
    Started
    | Connected
    | Encrypted
    | Login
    | Accepted
    | Queued
    | Refused
    | Disconnected
    | UpstreamConnecting
    | UpstreamConnected
    | UpstreamTls
    | UpstreamCertificate
    | UpstreamDisconnected
    | UpstreamError
    | Delivery
    | Expired
    | Removed
    | RouteDisabled
    | RouteEnabled
    | NoRoute
)


def text(line: bytes) -> str:
    """`line` without its end, fit to be shown.

    What is no UTF-8 and what a terminal would act on is in escapes. The password that a client sends where no login is
    asked for, which OpenSMTPD logs as a failed command, is hidden.
    """
    shown = line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
    if not shown.isprintable():
        shown = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in shown
        )
    return _FAILED_LOGIN.sub(r"\1 ***\2", shown) if " failed-command " in shown else shown


def parse(line: bytes) -> Event | None:
    """What `line` of OpenSMTPD's log tells; None where it is not understood. Never raises."""
    shown = text(line)
    if in_session := _SESSION.fullmatch(shown):
        session, kind, rest = in_session.groups()
        pattern, build = _IN_SESSION.get(kind, _UNKNOWN)
        match = pattern.fullmatch(rest)
        return build(session, *match.groups()) if match else None
    for pattern, build in _OUTSIDE:
        if match := pattern.fullmatch(shown):
            return build(*match.groups())
    return None


def upstream_message_id(reply: str) -> str:
    """What an upstream that took a message calls it, read from its `250` reply; empty where it does not say."""
    if not (accepted := _ACCEPTED_REPLY.match(reply)):
        return ""
    words = reply[accepted.end() :]
    return next((match[1] for pattern in _MESSAGE_IDS if (match := pattern.search(words))), "")


# The mechanism may be shown; a word that is too long for one is not.
_FAILED_LOGIN = re.compile(
    r'(?i)( failed-command command="\s*auth(?:\s+[a-z0-9_-]{1,20}(?=[\s"]))?)(?![a-z]).*(" result=")'
)

_ACCEPTED_REPLY = re.compile(r"2[0-9]{2}[ -](?:2\.[0-9]{1,3}\.[0-9]{1,3} )?")
# The most telling first.
_MESSAGE_IDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bqueued(?: on \S+)? as <?([^\s<>]+)",  # Postfix, SendGrid, Mailjet, Brevo, Yandex
        r"\bid=([^\s<>]+)",  # Exim
        r"^<([^\s<>]+)>.* queued mail for delivery",  # Exchange
        r"^OK:? +[0-9]+ (\S+) - gsmtp",  # Gmail
        r"^([^\s<>]+) message accepted for delivery",  # OpenSMTPD, Sendmail
        r"\bqueued \(([^\s()]+)\)",  # Haraka
        # Amazon SES and others: `Ok` and one word with a digit.
        # https://docs.aws.amazon.com/ses/latest/dg/send-email-smtp-client-command-line.html
        r"^Ok:? (?=[^0-9]*[0-9])(\S+)$",
    )
)

_DURATION = re.compile(r"(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")


def _seconds(duration: str) -> int:
    # As duration_to_text in OpenSMTPD's to.c writes it; below zero when the clock was set back.
    if not (match := _DURATION.fullmatch(duration)):
        return 0
    sign, *parts = match.groups(default="0")
    days, hours, minutes, seconds = map(int, parts)
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return -total if sign else total


def _delivery(
    session: str,
    envelope_id: str,
    queue_id: str,
    sender: str,
    recipient: str,
    original_recipient: str,
    relay: str,
    delay: str,
    result: str,
    reply: str,
) -> Delivery:
    return Delivery(
        session,
        queue_id,
        envelope_id,
        sender,
        recipient,
        "" if original_recipient == "-" else original_recipient,
        relay,
        _seconds(delay),
        result,
        reply,
        upstream_message_id(reply) if result == "Ok" else "",
    )


def _given_up(
    what: str, envelope_id: str, queue_id: str, sender: str, recipient: str, delay: str
) -> Expired | Removed:
    kind = Expired if what == "Expire" else Removed
    # The empty sender of a bounce stands there as `@`.
    return kind(queue_id, envelope_id, "" if sender == "@" else sender, recipient, _seconds(delay))


# Numbers are as long as OpenSMTPD can make them: int() refuses those of thousands of digits.
_NUMBER = "([0-9]{1,20})"
_DURATION_TEXT = "([-0-9dhms]{1,40})"
# The envelope's number begins with its message's.
_ENVELOPE_ID = "(([0-9a-f]{8})[0-9a-f]{8})"
# No address that OpenSMTPD takes has a space or a `>` (valid_localpart and valid_domainpart in its util.c).
_ADDRESS = "<([^ >]*)>"

_SESSION = re.compile(r"([0-9a-f]{16}) ((?:smtp|mta) [a-z-]+) ?(.*)")

_Line = tuple[re.Pattern[str], Callable[..., Event]]
_UNKNOWN: _Line = (re.compile(r"(?!)"), UpstreamConnected)

# What follows a session and these words. Clients choose commands and user names, upstreams choose replies: where one
# of them may hold what looks like the rest of the line, the last such counts.
_IN_SESSION: dict[str, _Line] = {
    kind: (re.compile(pattern), build)
    for kind, pattern, build in (
        ("smtp connected", r"address=\[?([^\s\]]+)\]? host=(.*)", Connected),
        ("smtp tls", "ciphers=(.*)", Encrypted),
        ("smtp authentication", "user=(.*) result=(ok|tempfail|permfail)", Login),
        (
            "smtp message",
            f"msgid=([0-9a-f]{{8}}) size={_NUMBER} nrcpt={_NUMBER} proto=E?SMTP",
            lambda session, queue_id, size, recipients: Accepted(
                session, queue_id, int(size), int(recipients)
            ),
        ),
        (
            "smtp envelope",
            f"evpid={_ENVELOPE_ID} from={_ADDRESS} to={_ADDRESS}",
            lambda session, envelope_id, queue_id, *addresses: Queued(
                session, queue_id, envelope_id, *addresses
            ),
        ),
        ("smtp failed-command", 'command="(.*)" result="(.*)"', Refused),
        ("smtp bad-input", '()result="(.*)"', Refused),
        ("smtp disconnected", 'reason="?(.*?)"?', Disconnected),
        ("mta connecting", r"address=(\S+) host=(.*)", UpstreamConnecting),
        ("mta connected", "", UpstreamConnected),
        ("mta tls", "ciphers=(.*)", UpstreamTls),
        ("mta cert-check", 'result="([a-z]+)" fingerprint="(.*)"', UpstreamCertificate),
        (
            "mta disconnected",
            f"reason=quit messages={_NUMBER}",
            lambda session, messages: UpstreamDisconnected(session, int(messages)),
        ),
        ("mta error", "reason=(.*)", UpstreamError),
        ("mta closing", "reason=(.*)", UpstreamError),
        (
            "mta delivery",
            f"evpid={_ENVELOPE_ID} from={_ADDRESS} to={_ADDRESS} rcpt={_ADDRESS} "
            f'source="[^"]*" relay="([^"]*)" delay={_DURATION_TEXT} result="(Ok|TempFail|PermFail)" stat="(.*)"',
            _delivery,
        ),
    )
}

_OUTSIDE: tuple[_Line, ...] = tuple(
    (re.compile(pattern), build)
    for pattern, build in (
        (r"info: OpenSMTPD (\S{1,40}) starting", Started),
        # What a session has to say after its first message.
        (r"smtp-out: Error on session ([0-9a-f]{16}) after [0-9]+ messages? sent: (.*)", UpstreamError),
        (
            f"smtp-out: Disabling route (.*) for {_NUMBER}s",
            lambda route, seconds: RouteDisabled(route, int(seconds)),
        ),
        ("smtp-out: Enabling route (.*?)(?: per admin request)?", RouteEnabled),
        (
            r"smtp-out: (Failed to resolve MX) for \[relay:([^,]*).*\]: (.*)",
            lambda what, relay, why: NoRoute(relay, f"{what}: {why}"),
        ),
        (
            "smtp-out: (Address family mismatch|No valid route|No MX found) (?:on|for) "
            r"\[connector:.*\[relay:([^,]*).*",
            lambda what, relay: NoRoute(relay, what),
        ),
        (
            f"relay: (Expire|Remove) for {_ENVELOPE_ID}: from={_ADDRESS}, to={_ADDRESS}, rcpt=<[^ >]*>, "
            f"delay={_DURATION_TEXT}, stat=.*",
            _given_up,
        ),
    )
)
