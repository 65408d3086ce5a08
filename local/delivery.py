"""A test message: submitted to the relay by SMTP, then awaited in the mailbox."""

import re
import smtplib
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path

from local.tools.failure import Failure

_RECIPIENT = "someone@example.net"
_SMTP_SECONDS = 30
_POLL_SECONDS = 0.1

# What stands in the relay's log, and what it means here. A whole number: an id may hold the digits by chance.
_HINTS = {
    r"\b535\b": "the local AWS refused the relay's login; `make down`, then `make up`, makes a new one",
    r"\b554\b": "the local AWS refused the message; `make down`, then `make up`, begins with a new account",
    "ertificate": "the relay does not trust the local AWS; `make down`, then `make up`, makes a new certificate",
    "efused": "nothing listens where the relay sends to: does the local AWS still run?",
    "imeout|not answer|slowly": "the relay cannot reach the local AWS: a firewall may keep containers from their host",
}
_NO_HINT = "the relay's log may say why"


class DeliveryFailed(Failure):
    """The message was not accepted, or did not arrive."""


@dataclass(frozen=True)
class Delivered:
    """A message in the mailbox."""

    path: Path
    received: list[str]
    """The `Received:` chain: the last server first."""


def test_message(domain: str) -> EmailMessage:
    """A message from an address in the domain, with a Message-ID of its own."""
    message = EmailMessage()
    message["From"] = f"make-up@{domain}"
    message["To"] = _RECIPIENT
    message["Subject"] = "It arrived"
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=domain)
    message.set_content(
        "Submitted to the relay, which sent it on over TLS, with a login that it was given.\n"
    )
    return message


def submit(message: EmailMessage, smtp_address: str) -> None:
    """Hand a message to the relay at `host:port`. Raises DeliveryFailed."""
    host, _, port = smtp_address.rpartition(":")
    try:
        with smtplib.SMTP(host, int(port), timeout=_SMTP_SECONDS) as relay:
            relay.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed(f"The relay at {smtp_address} did not take the message: {error}") from error


def await_in(mailbox: Path, message_id: str, seconds: float) -> Delivered:
    """Wait until the message lies in the mailbox, at most for `seconds`. Raises DeliveryFailed."""
    deadline = time.monotonic() + seconds
    read: set[Path] = set()
    while True:
        for path in set(mailbox.glob("*.eml")) - read:
            read.add(path)
            with path.open("rb") as file:
                headers = BytesHeaderParser().parse(file)
            if headers["Message-ID"] == message_id:
                return Delivered(path, [" ".join(line.split()) for line in headers.get_all("Received", [])])
        if time.monotonic() > deadline:
            raise DeliveryFailed(f"The message {message_id} did not arrive in {mailbox} within {seconds:g} s")
        time.sleep(_POLL_SECONDS)


def hint(relay_log: str) -> str:
    """What the end of the relay's log says about a message that did not arrive."""
    last = next(
        (line for line in reversed(relay_log.splitlines()) if any(re.search(mark, line) for mark in _HINTS)),
        "",
    )
    return next((meaning for mark, meaning in _HINTS.items() if re.search(mark, last)), _NO_HINT)
