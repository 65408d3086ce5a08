"""The way of a message after SES has accepted it: into the mailbox, onto the suppression list, out as events."""

import time
import uuid
from datetime import UTC, datetime

from .account import Account
from .admission import Submission
from .events import Mail
from .identity import Identity
from .limits import Limits
from .mailbox import Mailbox
from .outcomes import outcome, suppression_reasons
from .publisher import publish_events
from .suppression import Suppressed


class Dispatch:
    """Sends the messages of a region. `host` is its name in what it writes into `Received:`."""

    def __init__(self, account: Account, mailbox: Mailbox, host: str):
        self._account = account
        self._mailbox = mailbox
        self._host = host

    def send(
        self,
        submission: Submission,
        client: str,
        identity: Identity,
        configuration_set: str | None,
        limits: Limits,
    ) -> str:
        """Deliver what can be delivered, publish what happened, and return the message's id.

        `client` is who submitted it, in the form of `Received:`; `identity` is the sender's.
        """
        account = self._account
        # As SES's look: the time in hexadecimal milliseconds after a number of the region, then a random part.
        message_id = f"0102{time.time_ns() // 1_000_000:012x}-{uuid.uuid4()}-000000"
        mail = Mail(
            message_id=message_id,
            sent_at=datetime.now(UTC),
            source=submission.sender,
            identity_arn=account.arn(f"identity/{identity.email_identity}"),
            account_id=account.account_id,
            configuration_set=configuration_set or "",
            recipients=submission.recipients,
            headers=submission.headers,
        )
        rules = account.configuration_sets().get(configuration_set)
        reasons = suppression_reasons(rules, account.suppressed_reasons)
        result = outcome(mail, submission.content, limits, account.suppressed, reasons)
        for address in result.suppressed:
            account.suppressed[address] = Suppressed("BOUNCE", time.time())
        if result.delivered:
            trace = f"from {client} by {self._host} ({account.region}) with ESMTPSA id {message_id}"
            recipients = tuple(result.delivered)
            self._mailbox.deliver(message_id, submission.sender, recipients, trace, submission.content)
        if rules:
            publish_events(rules, account.arn(f"configuration-set/{configuration_set}"), result.events)
        return message_id
