"""What becomes of a message after SES has accepted it: for each recipient, delivered or not, and the events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import events
from .configuration_set import ConfigurationSet
from .events import Mail
from .limits import Limits
from .suppression import Suppressed

# https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
_SIMULATOR = "simulator.amazonses.com"
# The test file of anti-virus programs, which SES rejects: https://www.eicar.org/download-anti-malware-testfile/
_VIRUS = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Outcome:
    """Who gets the message, what is published, and who is on the suppression list from now on."""

    delivered: list[str]
    events: list[dict[str, Any]]
    suppressed: list[str]


def outcome(
    mail: Mail,
    content: bytes,
    limits: Limits,
    suppression_list: Mapping[str, Suppressed],
    reasons: Iterable[str],
) -> Outcome:
    """Decide it. `reasons` are what SES suppresses for: `BOUNCE`, `COMPLAINT`, both or none."""
    if _VIRUS in content:
        return Outcome([], [events.send(mail), events.reject(mail)], [])
    reasons = set(reasons)
    result = Outcome([], [events.send(mail)], [])
    for recipient in mail.recipients:
        _decide(result, mail, recipient, limits, suppression_list, reasons)
    return result


def suppression_reasons(configuration_set: ConfigurationSet | None, of_account: list[str]) -> list[str]:
    """The reasons of the configuration set when it has its own, else those of the account."""
    own = configuration_set.suppression_options if configuration_set else None
    return of_account if own is None else own.get("SuppressedReasons") or []


def _decide(
    result: Outcome,
    mail: Mail,
    recipient: str,
    limits: Limits,
    suppression_list: Mapping[str, Suppressed],
    reasons: set[str],
) -> None:
    local_part, _, domain = recipient.lower().rpartition("@")
    # The simulator takes labels: bounce+anything@.
    simulated = local_part.partition("+")[0] if domain == _SIMULATOR else None
    entry = suppression_list.get(recipient.lower())
    if entry and entry.reason in reasons:
        result.events.append(events.bounce(mail, recipient, "Permanent", "OnAccountSuppressionList"))
    elif simulated == "suppressionlist":
        result.events.append(events.bounce(mail, recipient, "Permanent", "Suppressed"))
    elif simulated == "bounce" or recipient.lower() in limits.bouncing_addresses:
        result.events.append(events.bounce(mail, recipient, "Permanent", "General"))
        if simulated is None and "BOUNCE" in reasons:
            result.suppressed.append(recipient.lower())
    else:
        if recipient.lower() in limits.delayed_addresses:
            result.events.append(events.delay(mail, recipient))
        result.delivered.append(recipient)
        result.events.append(events.delivery(mail, recipient))
        if simulated == "complaint":
            result.events.append(events.complaint(mail, recipient))
        if simulated == "ooto":
            result.events.append(events.bounce(mail, recipient, "Transient", "General"))
