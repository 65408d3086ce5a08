"""The events of a message that SES publishes, in the form of its documentation.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

_LIFETIME = timedelta(hours=14)
_COMMON_HEADERS = {"from": "From", "to": "To", "cc": "Cc", "replyTo": "Reply-To"}


@dataclass(frozen=True)
class Mail:
    """A message that SES has accepted."""

    message_id: str
    sent_at: datetime
    source: str
    """The envelope sender."""
    identity_arn: str
    account_id: str
    configuration_set: str
    recipients: tuple[str, ...]
    headers: Message

    def described(self) -> dict[str, Any]:
        """The object `mail` of every event."""
        headers = [{"name": name, "value": str(value)} for name, value in self.headers.items()]
        common: dict[str, Any] = {
            name: [str(value) for value in self.headers.get_all(header, [])]
            for name, header in _COMMON_HEADERS.items()
            if header in self.headers
        }
        common |= {"messageId": self.message_id, "subject": str(self.headers.get("Subject", ""))}
        return {
            "timestamp": timestamp(self.sent_at),
            "source": self.source,
            "sourceArn": self.identity_arn,
            "sendingAccountId": self.account_id,
            "messageId": self.message_id,
            "destination": list(self.recipients),
            "headersTruncated": False,
            "headers": headers,
            "commonHeaders": common,
            "tags": {"ses:configuration-set": [self.configuration_set]},
        }


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def send(mail: Mail) -> dict[str, Any]:
    """SES took the message and will try to deliver it."""
    return _event("Send", "send", mail, {})


def reject(mail: Mail) -> dict[str, Any]:
    """SES took the message and then found a virus in it."""
    return _event("Reject", "reject", mail, {"reason": "Bad content"})


def delivery(mail: Mail, recipient: str) -> dict[str, Any]:
    """The recipient's server took the message."""
    details = {
        "timestamp": timestamp(datetime.now(UTC)),
        "processingTimeMillis": 1,
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }
    return _event("Delivery", "delivery", mail, details)


def bounce(mail: Mail, recipient: str, kind: str, detail: str) -> dict[str, Any]:
    """The recipient does not exist, or SES did not even try. `kind` and `detail` are bounceType and bounceSubType."""
    bounced = {
        "emailAddress": recipient,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    details = {
        "feedbackId": mail.message_id,
        "bounceType": kind,
        "bounceSubType": detail,
        "bouncedRecipients": [bounced],
        "timestamp": timestamp(datetime.now(UTC)),
        "reportingMTA": "dns; mta.example.com",
    }
    return _event("Bounce", "bounce", mail, details)


def complaint(mail: Mail, recipient: str) -> dict[str, Any]:
    """The recipient called the message spam."""
    now = timestamp(datetime.now(UTC))
    details = {
        "feedbackId": mail.message_id,
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": now,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": now,
    }
    return _event("Complaint", "complaint", mail, details)


def delay(mail: Mail, recipient: str) -> dict[str, Any]:
    """The recipient's server does not take the message yet."""
    delayed = {
        "emailAddress": recipient,
        "status": "4.4.1",
        "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
    }
    details = {
        "timestamp": timestamp(datetime.now(UTC)),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": timestamp(mail.sent_at + _LIFETIME),
        "delayedRecipients": [delayed],
    }
    return _event("DeliveryDelay", "deliveryDelay", mail, details)


def _event(kind: str, name: str, mail: Mail, details: Mapping[str, Any]) -> dict[str, Any]:
    return {"eventType": kind, "mail": mail.described(), name: dict(details)}
