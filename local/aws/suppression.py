"""The suppression list: addresses that SES does not send to any more."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Suppressed:
    """Why and since when (seconds since 1970) an address is on the list."""

    reason: str
    """`BOUNCE` or `COMPLAINT`."""
    since: float

    def described(self, address: str) -> dict[str, Any]:
        """The entry in the form of the API."""
        return {"EmailAddress": address, "Reason": self.reason, "LastUpdateTime": self.since}
