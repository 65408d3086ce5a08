"""aws:sesv2/tenant:Tenant"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.property import Property


class Tenant(ApiResourceType):
    """A part of the account with a reputation of its own. Deleting it removes its associations too."""

    token = "aws:sesv2/tenant:Tenant"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Tenant")
    key: ClassVar = {"tenantName": "TenantName"}
    creates = "create_tenant"
    reads = "get_tenant"
    deletes = "delete_tenant"
    tagging = ses_v2.TAGGING
    properties: ClassVar = {
        "tenantName": Property(str, required=True, replaces=True),
        "region": REGION,
        "tags": TAGS,
        "sendingStatus": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        "tenantArn": Property(str, output_only=True),
        "tenantId": Property(str, output_only=True),
    }

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The tenant is one level down."""
        return super().found(answer["Tenant"], known)

    def tagged(self, resource_id: str, outputs: dict[str, Any]) -> str:
        """By its ARN, which is called otherwise than elsewhere."""
        return outputs["tenantArn"]
