"""Whether SES takes a message: everything about it but the rate at which it comes."""

import email.policy
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses

from .identity import Identity
from .limits import Limits

# The mailbox simulator takes mail from the sandbox: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
_SIMULATOR = "@simulator.amazonses.com"
_SENDER_HEADERS = ("From", "Sender", "Return-Path")
# Headers that a message may have once (RFC 5322, 3.6; RFC 2045), and DKIM-Signature, of which RFC 6376 allows more.
_SINGLE_HEADERS = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
    "Date",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Return-Path",
    "DKIM-Signature",
)


@dataclass(frozen=True)
class Submission:
    """A message with its envelope."""

    sender: str
    """The envelope sender."""
    recipients: tuple[str, ...]
    content: bytes

    @functools.cached_property
    def headers(self) -> Message:
        """The parsed header section."""
        section = self.content.partition(b"\r\n\r\n")[0]
        return BytesHeaderParser(policy=email.policy.compat32).parsebytes(section)


class Refused(Exception):
    """A message that SES does not take. The text is its SMTP reply."""


def check_form(submission: Submission, limits: Limits) -> None:
    """Raise Refused for a message that SES takes from nobody."""
    if len(submission.recipients) > limits.max_recipients:
        raise Refused(f"554 Transaction failed: Recipient count exceeds {limits.max_recipients}.")
    headers = submission.headers
    for name in _SINGLE_HEADERS:
        if len(headers.get_all(name, [])) > 1:
            raise Refused(f"554 Transaction failed: Duplicate header '{name}'.")
    if "From" not in headers:
        raise Refused("554 Transaction failed: Missing required header 'From'.")
    if not all("@" in address for address in addresses_in(headers, "From")):
        raise Refused("554 Transaction failed: Missing final '@domain'")


def check_verified(
    submission: Submission, limits: Limits, region: str, verified_identity: Callable[[str], Identity | None]
) -> list[Identity]:
    """Return the identities that the message needs, each once; raise Refused when one of them is not verified.

    These are those of the sender, in the envelope and in the header; in the sandbox also those of the recipients.
    """
    needed = [submission.sender, *addresses_in(submission.headers, *_SENDER_HEADERS)]
    if not limits.production_access:
        needed += [
            recipient for recipient in submission.recipients if not recipient.lower().endswith(_SIMULATOR)
        ]
    identities = {address: verified_identity(address) for address in needed}
    failed = [address for address, identity in identities.items() if identity is None]
    if failed:
        raise Refused(
            "554 Message rejected: Email address is not verified. The following identities failed the check "
            f"in region {region.upper()}: {', '.join(failed)}"
        )
    return list({identity.email_identity: identity for identity in identities.values()}.values())


def check_mail_from(identity: Identity, status: Callable[[Identity], str]) -> None:
    """Raise Refused when the identity wants no mail without its custom MAIL FROM domain, and that lacks its records."""
    rejects = identity.mail_from_domain and identity.behavior_on_mx_failure == "REJECT_MESSAGE"
    if rejects and status(identity) != "SUCCESS":
        raise Refused(
            "554 Message rejected: The message could not be sent because Amazon SES could not read the MX record "
            f"of the MAIL FROM domain {identity.mail_from_domain}."
        )


def check_allowed(user_arn: str, resources: Iterable[str], allows: Callable[[str, str], bool]) -> None:
    """Raise Refused for the first ARN of `resources` on which `allows(action, resource)` is false."""
    action = "ses:SendRawEmail"
    for resource in resources:
        if not allows(action, resource):
            raise Refused(
                f"554 Access denied: User `{user_arn}' is not authorized to perform `{action}' on resource `{resource}'"
            )


def addresses_in(headers: Message, *names: str) -> list[str]:
    """Return the e-mail addresses in the named headers, each once."""
    values = [str(value) for name in names for value in headers.get_all(name, [])]
    return list(dict.fromkeys(address for _, address in getaddresses(values) if address))


def display_names_in(headers: Message, *names: str) -> list[str]:
    """Return the display names in the named headers, those of addresses without one left out."""
    values = [str(value) for name in names for value in headers.get_all(name, [])]
    return list(dict.fromkeys(display_name for display_name, _ in getaddresses(values) if display_name))
