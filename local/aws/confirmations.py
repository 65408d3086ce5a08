"""How SES asks the owner of an address: by a mail with a link, whose follower has agreed.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html#verify-email-addresses-procedure
"""

import secrets
import time
from collections.abc import Callable, Iterable
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs

from .identity import Identity
from .mailbox import Mailbox

_PATH = "/ses/confirm"
_SENDER = "no-reply-aws@amazon.com"
_GOOD_FOR_SECONDS = 24 * 60 * 60


class Confirmations:
    """Mails links into `mailbox`, and knows whose they are. `endpoint` tells the URL that they begin with."""

    def __init__(self, mailbox: Mailbox, endpoint: Callable[[], str]):
        self._mailbox = mailbox
        self._endpoint = endpoint
        self._asked: dict[str, tuple[Identity, float]] = {}

    def ask(self, identity: Identity, region: str) -> None:
        """Send the owner of the address a link."""
        token, address = secrets.token_urlsafe(24), identity.email_identity
        self._asked[token] = (identity, time.monotonic() + _GOOD_FOR_SECONDS)
        mail = EmailMessage()
        mail["From"], mail["To"] = _SENDER, address
        mail["Subject"] = "Amazon Web Services - Email Address Verification Request"
        mail.set_content(
            f"Somebody wants to send from {address} through Amazon SES in region {region}. If that is you, go to\n\n"
            f"{self._endpoint()}{_PATH}?token={token}\n\nwithin 24 hours.\n",
            cte="7bit",
        )
        content = mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
        self._mailbox.deliver(token[:16], _SENDER, (address,), f"from SES ({region})", content)

    def follow(self, token: str) -> bool:
        """Take the owner's consent. Returns False for a link that there is not, or not any more."""
        identity, until = self._asked.get(token, (None, 0.0))
        if identity is None or time.monotonic() > until:
            return False
        identity.confirmed = True
        return True

    def answering(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """The WSGI application, with the links in front of it."""

        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if environ.get("PATH_INFO") != _PATH:
                return application(environ, start_response)
            (token,) = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])
            followed = self.follow(token)
            start_response("200 OK" if followed else "404 Not Found", [("Content-Type", "text/plain")])
            return [b"The address is verified.\n" if followed else b"There is no such link.\n"]

        return answer
