"""aws:sesv2/accountVdmAttributes:AccountVdmAttributes"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_form import from_api
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.choices import one_of
from local.plugins.property import Property

_SWITCH = one_of("ENABLED", "DISABLED")


class AccountVdmAttributes(ApiResourceType):
    """The Virtual Deliverability Manager of the account. Deleting disables it."""

    token = "aws:sesv2/accountVdmAttributes:AccountVdmAttributes"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Account VDM Attributes")
    key: ClassVar = {}
    creates = updates = deletes = "put_account_vdm_attributes"
    reads = "get_account"
    properties: ClassVar = {
        "vdmEnabled": Property(str, required=True, validate=_SWITCH),
        "dashboardAttributes": Property(
            dict, computed=True, properties={"engagementMetrics": Property(str, validate=_SWITCH)}
        ),
        "guardianAttributes": Property(
            dict, computed=True, properties={"optimizedSharedDelivery": Property(str, validate=_SWITCH)}
        ),
        "region": REGION,
    }

    def made(self, inputs: dict[str, Any], answer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """There is one per account and region."""
        return "ses-account-vdm-attributes", {}

    def parsed(self, resource_id: str) -> dict[str, str]:
        """The id has no key in it."""
        return {}

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """All of it is one object."""
        return {"VdmAttributes": super().request(inputs)}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The object's parts."""
        return from_api(answer.get("VdmAttributes"))

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Disable it."""
        self.call("deleting", self.deletes, outputs, VdmAttributes={"VdmEnabled": "DISABLED"})
