"""docker:index/network:Network."""

from typing import Any, ClassVar

from docker.errors import NotFound

from local.plugins.docker.daemon import daemon_errors
from local.plugins.docker.docker_resource import DockerResource
from local.plugins.docker.properties import labels, labels_from_map, labels_to_map, objects, string_map
from local.plugins.property import Property


class Network(DockerResource):
    """A network. Every change replaces it, and the containers that refer to it with it."""

    token = "docker:index/network:Network"  # noqa: S105
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, replaces=True),
        "driver": Property(str, replaces=True, computed=True),
        "options": string_map(replaces=True, computed=True),
        "internal": Property(bool, replaces=True, computed=True),
        "attachable": Property(bool, replaces=True),
        "ingress": Property(bool, replaces=True),
        "ipv6": Property(bool, replaces=True),
        "ipamDriver": Property(str, replaces=True, default="default"),
        "ipamOptions": string_map(replaces=True, computed=True),
        "ipamConfigs": objects(
            {
                "subnet": Property(str),
                "ipRange": Property(str),
                "gateway": Property(str, computed=True),
                "auxAddress": string_map(),
            },
            replaces=True,
            computed=True,
            as_set=True,
        ),
        "labels": labels(),
        "scope": Property(str, output_only=True),
    }

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the network; a name that exists already is refused."""
        with daemon_errors("Unable to create network"):
            created = self.client.create_network(
                inputs["name"],
                driver=inputs.get("driver"),
                options=inputs.get("options"),
                ipam=_ipam(inputs),
                check_duplicate=True,
                internal=inputs.get("internal", False),
                labels=labels_to_map(inputs.get("labels")),
                enable_ipv6=inputs.get("ipv6", False),
                attachable=inputs.get("attachable"),
                ingress=inputs.get("ingress"),
            )
            return created["Id"], self._outputs(self.client.inspect_network(created["Id"]))

    def read(
        self, resource_id: str, outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Look the network up by its id, or for an import also by its name."""
        with daemon_errors("Unable to inspect network"):
            try:
                read = self._outputs(self.client.inspect_network(resource_id))
            except NotFound:
                return None
        return resource_id, read, self.refreshed_inputs(read, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Remove the network; waits while containers are connected to it."""
        self.remove(lambda: self.client.remove_network(resource_id), "has active endpoints", "pending")

    def _outputs(self, network: dict[str, Any]) -> dict[str, Any]:
        ipam = network["IPAM"]
        return self.state(
            {},
            {
                "name": network["Name"],
                "driver": network["Driver"],
                "options": network["Options"] or {},
                "internal": network["Internal"],
                "attachable": network["Attachable"],
                "ingress": network["Ingress"],
                "ipv6": network["EnableIPv6"],
                "ipamDriver": ipam["Driver"],
                "ipamOptions": ipam["Options"] or {},
                "ipamConfigs": [
                    {
                        "subnet": config.get("Subnet", ""),
                        "ipRange": config.get("IPRange", ""),
                        "gateway": config.get("Gateway", ""),
                        "auxAddress": config.get("AuxiliaryAddresses") or {},
                    }
                    for config in ipam["Config"] or ()
                ],
                "labels": labels_from_map(network["Labels"]),
                "scope": network["Scope"],
            },
        )


def _ipam(inputs: dict[str, Any]) -> dict[str, Any]:
    configs = [
        {
            "Subnet": config.get("subnet", ""),
            "IPRange": config.get("ipRange", ""),
            "Gateway": config.get("gateway", ""),
            "AuxiliaryAddresses": config.get("auxAddress", {}),
        }
        for config in inputs.get("ipamConfigs", ())
    ]
    return {"Driver": inputs["ipamDriver"], "Options": inputs.get("ipamOptions", {}), "Config": configs}
