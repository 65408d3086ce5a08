"""SES v2's view of the account: its quota, what it suppresses, and its dashboard."""

import json
import time

from .configuration_set import options_problem
from .sesv2_base import SesV2Base, bad_request, not_found
from .suppression import Suppressed


class AccountOperations(SesV2Base):
    """The operations on the account and on its suppression list, all of which moto lacks."""

    def get_account(self) -> str:
        account, limits = self._account, self._account.limits()
        return json.dumps(
            {
                "DedicatedIpAutoWarmupEnabled": False,
                "EnforcementStatus": "HEALTHY",
                "ProductionAccessEnabled": limits.production_access,
                "SendingEnabled": account.sending_enabled,
                "SendQuota": {
                    "Max24HourSend": limits.max_24_hour_send,
                    "MaxSendRate": limits.max_send_rate,
                    "SentLast24Hours": account.throttle.sent_in_24_hours(),
                },
                "SuppressionAttributes": {"SuppressedReasons": account.suppressed_reasons},
                "VdmAttributes": account.vdm_attributes,
            }
        )

    def put_account_sending_attributes(self) -> str:
        self._account.sending_enabled = self._get_bool_param("SendingEnabled", False)
        return "{}"

    def put_account_suppression_attributes(self) -> str:
        reasons = self._get_param("SuppressedReasons") or []
        if problem := options_problem("SuppressionOptions", {"SuppressedReasons": reasons}):
            raise bad_request(problem)
        self._account.suppressed_reasons = reasons
        return "{}"

    def put_account_vdm_attributes(self) -> str:
        self._account.vdm_attributes = self._get_param("VdmAttributes")
        return "{}"

    def put_suppressed_destination(self) -> str:
        address = self._get_param("EmailAddress").lower()
        self._account.suppressed[address] = Suppressed(self._get_param("Reason"), time.time())
        return "{}"

    def get_suppressed_destination(self) -> str:
        address = self._suppressed_address()
        return json.dumps({"SuppressedDestination": self._account.suppressed[address].described(address)})

    def list_suppressed_destinations(self) -> str:
        listed = [each.described(address) for address, each in self._account.suppressed.items()]
        return json.dumps({"SuppressedDestinationSummaries": listed})

    def delete_suppressed_destination(self) -> str:
        del self._account.suppressed[self._suppressed_address()]
        return "{}"

    def _suppressed_address(self) -> str:
        address = self._get_param("EmailAddress").lower()
        if address not in self._account.suppressed:
            raise not_found(f"Email address {address} does not exist on your suppression list.")
        return address
