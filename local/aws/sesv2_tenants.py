"""Tenants of SES v2 and what is associated with them, all of which moto lacks."""

import json
from typing import Any

from .sesv2_base import SesV2Base, already_exists, not_found
from .tenants import Tenant

_RESOURCE_TYPES = {"identity": "EMAIL_IDENTITY", "configuration-set": "CONFIGURATION_SET"}


class TenantOperations(SesV2Base):
    """The operations on tenants."""

    def create_tenant(self) -> str:
        name = self._get_param("TenantName")
        if name in self._account.tenants:
            raise already_exists(f"Tenant {name} already exists.")
        tenant = self._account.tenants[name] = Tenant(name)
        self._tag(_resource(tenant))
        return json.dumps(self._description(tenant))

    def get_tenant(self) -> str:
        return json.dumps({"Tenant": self._description(self._tenant())})

    def list_tenants(self) -> str:
        return json.dumps({"Tenants": [self._description(each) for each in self._account.tenants.values()]})

    def delete_tenant(self) -> str:
        tenant = self._tenant()
        del self._account.tenants[tenant.name]
        self._untag(_resource(tenant))
        return "{}"

    def create_tenant_resource_association(self) -> str:
        tenant, arn = self._tenant(), self._get_param("ResourceArn")
        kind, _, name = arn.rpartition(":")[2].partition("/")
        existing = {
            "identity": self._account.identities(),
            "configuration-set": self._account.configuration_sets(),
        }
        if arn != self._account.arn(f"{kind}/{name}") or name not in existing.get(kind, {}):
            raise not_found(f"Resource {arn} does not exist.")
        if arn in tenant.resources:
            raise already_exists(f"Resource {arn} is already associated with tenant {tenant.name}.")
        tenant.resources.append(arn)
        return "{}"

    def delete_tenant_resource_association(self) -> str:
        tenant, arn = self._tenant(), self._get_param("ResourceArn")
        if arn not in tenant.resources:
            raise not_found(f"Resource {arn} is not associated with tenant {tenant.name}.")
        tenant.resources.remove(arn)
        return "{}"

    def list_tenant_resources(self) -> str:
        listed = [
            {"ResourceArn": arn, "ResourceType": _RESOURCE_TYPES[arn.rpartition(":")[2].partition("/")[0]]}
            for arn in self._tenant().resources
        ]
        return json.dumps({"TenantResources": listed})

    def _tenant(self) -> Tenant:
        name = self._get_param("TenantName")
        try:
            return self._account.tenants[name]
        except KeyError:
            raise not_found(f"Tenant {name} does not exist.") from None

    def _description(self, tenant: Tenant) -> dict[str, Any]:
        arn = self._account.arn(_resource(tenant))
        return {
            "TenantName": tenant.name,
            "TenantId": tenant.identifier,
            "TenantArn": arn,
            "CreatedTimestamp": tenant.created.timestamp(),
            "SendingStatus": "ENABLED",
            "Tags": self.sesv2_backend.list_tags_for_resource(arn),
        }


def _resource(tenant: Tenant) -> str:
    return f"tenant/{tenant.name}/{tenant.identifier}"
