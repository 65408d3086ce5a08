"""aws:sesv2/accountSuppressionAttributes:AccountSuppressionAttributes"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.choices import one_of
from local.plugins.property import Property


class AccountSuppressionAttributes(ApiResourceType):
    """What puts an address on the account's suppression list. Deleting changes nothing."""

    token = "aws:sesv2/accountSuppressionAttributes:AccountSuppressionAttributes"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Account Suppression Attributes")
    key: ClassVar = {}
    creates = updates = "put_account_suppression_attributes"
    reads = "get_account"
    properties: ClassVar = {
        "suppressedReasons": Property(
            list,
            required=True,
            as_set=True,
            element=Property(str, validate=one_of("BOUNCE", "COMPLAINT")),
        ),
        "region": REGION,
    }

    def made(self, inputs: dict[str, Any], answer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """There is one per account and region: the id is the account's."""
        return self.client.account_id, {}

    def parsed(self, resource_id: str) -> dict[str, str]:
        """The id has no key in it."""
        return {}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The reasons, perhaps none."""
        return {"suppressedReasons": answer.get("SuppressionAttributes", {}).get("SuppressedReasons", [])}

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Leave the account as it is, as the real provider does."""
