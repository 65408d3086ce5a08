"""aws:sesv2/tenantResourceAssociation:TenantResourceAssociation"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.property import Property


class TenantResourceAssociation(ApiResourceType):
    """An identity or a configuration set that a tenant may use."""

    token = "aws:sesv2/tenantResourceAssociation:TenantResourceAssociation"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Tenant Resource Association")
    key: ClassVar = {"tenantName": "TenantName", "resourceArn": "ResourceArn"}
    unread = ("resourceArn",)
    creates = "create_tenant_resource_association"
    reads = "list_tenant_resources"
    deletes = "delete_tenant_resource_association"
    properties: ClassVar = {
        "tenantName": Property(str, required=True, replaces=True),
        "resourceArn": Property(str, required=True, replaces=True),
        "region": REGION,
    }

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """An association has no properties besides its key."""
        arns = [resource["ResourceArn"] for resource in answer["TenantResources"]]
        return {} if known["resourceArn"] in arns else None
