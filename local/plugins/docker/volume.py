"""docker:index/volume:Volume."""

from typing import Any, ClassVar

from docker.errors import NotFound

from local.plugins.docker.daemon import daemon_errors
from local.plugins.docker.docker_resource import DockerResource
from local.plugins.docker.properties import (
    labels,
    labels_from_map,
    labels_to_map,
    string_map,
)
from local.plugins.property import Property, not_implemented


class Volume(DockerResource):
    """A volume. Its id is its name; every change replaces it, and its data with it."""

    token = "docker:index/volume:Volume"  # noqa: S105
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, replaces=True),
        "driver": Property(str, replaces=True, computed=True),
        "driverOpts": string_map(replaces=True),
        "labels": labels(),
        "mountpoint": Property(str, output_only=True),
        **not_implemented("cluster"),
    }

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the volume. One that has the name already is adopted, as by the real provider."""
        with daemon_errors("Unable to create volume"):
            volume = self.client.create_volume(
                inputs["name"],
                driver=inputs.get("driver"),
                driver_opts=inputs.get("driverOpts"),
                labels=labels_to_map(inputs.get("labels")),
            )
            return volume["Name"], self._outputs(volume)

    def read(
        self, resource_id: str, outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Look the volume up by its name."""
        with daemon_errors("Unable to inspect volume"):
            try:
                read = self._outputs(self.client.inspect_volume(resource_id))
            except NotFound:
                return None
        return resource_id, read, self.refreshed_inputs(read, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Remove the volume; waits while a container uses it."""
        self.remove(lambda: self.client.remove_volume(resource_id, force=True), "volume is in use", "in_use")

    def _outputs(self, volume: dict[str, Any]) -> dict[str, Any]:
        return self.state(
            {},
            {
                "name": volume["Name"],
                "driver": volume["Driver"],
                "driverOpts": volume["Options"],
                "labels": labels_from_map(volume["Labels"]),
                "mountpoint": volume["Mountpoint"],
            },
        )
