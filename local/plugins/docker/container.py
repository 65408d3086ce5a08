"""docker:index/container:Container."""

import time
from typing import Any

from docker.errors import NotFound

from local.plugins.docker.container_format import create_body, read_outputs, update_body, volume_problem
from local.plugins.docker.container_properties import CONTAINER_PROPERTIES
from local.plugins.docker.daemon import daemon_errors
from local.plugins.docker.docker_resource import DockerResource
from local.plugins.docker.images import find_or_pull
from local.plugins.docker.uploads import archive
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Change, is_empty
from local.plugins.values import UNKNOWN

_CHANGED_WHILE_RUNNING = (
    "restart",
    "maxRetryCount",
    "cpuShares",
    "cpuSet",
    "memory",
    "memorySwap",
    "memoryReservation",
)
_SILENCE_MEANS_NO_CHANGE = ("user", "workingDir")
_FILLED_BY_READ = ("command", "entrypoints", "networkDatas")
_HEALTH_POLL_SECONDS = 0.5


class Container(DockerResource):
    """A container. A replacement always deletes first, as two cannot have one name or port.

    An update reaches the container for `_CHANGED_WHILE_RUNNING` and `mustRun`; the rest of what does not replace is
    only written to the state, without a word. So does the real provider.
    """

    token = "docker:index/container:Container"  # noqa: S105
    autoname = "name"
    delete_before_replace = True
    properties = CONTAINER_PROPERTIES

    def diff(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> list[Change]:
        """The differences; of a container whose creation did not end, also what was never read."""
        unread = [
            Change(name, "update", replaces=True)
            for name in _FILLED_BY_READ
            if old_outputs.get(name) is None and inputs.get(name) is None
        ]
        changes = super().diff(resource_id, old_outputs, inputs)
        return unread + [
            change
            for change in changes
            if change.kind != "delete" or change.path not in _SILENCE_MEANS_NO_CHANGE
        ]

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create, connect, fill and start the container, and wait for its health if asked to.

        Raises PartialCreate once the container exists: it is left for a look, and replaced by the next update.
        """
        try:
            find_or_pull(self.client, inputs["image"])
        except OperationError as error:
            raise OperationError(
                f"Unable to create container with image {inputs['image']}: {error}"
            ) from error
        problem = volume_problem(inputs.get("volumes", ()))
        if problem:
            raise OperationError(f"Unable to parse volumes: {problem}")
        with daemon_errors("Unable to create container"):
            container_id = self.client.create_container_from_config(
                create_body(inputs), inputs["name"], inputs.get("platform")
            )["Id"]
        try:
            self._connect(container_id, inputs)
            self._upload(container_id, inputs)
            self._start(container_id, inputs)
            with daemon_errors("Unable to inspect container"):
                read = read_outputs(self.client.inspect_container(container_id), inputs)
        except OperationError as error:
            raise PartialCreate(container_id, self._unread(inputs), [str(error)]) from error
        # As written: the real provider adds their prefix only in a later read.
        return container_id, self.state(inputs, read | {"capabilities": inputs.get("capabilities")})

    def read(
        self, resource_id: str, outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Look the container up by its full id; a name finds nothing."""
        with daemon_errors("Unable to inspect container"):
            try:
                container = self.client.inspect_container(resource_id)
            except NotFound:
                return None
        if container["Id"] != resource_id:
            return None
        read = self.state(outputs, read_outputs(container, outputs))
        return resource_id, read, self.refreshed_inputs(read, inputs)

    def update(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        """Change what can be changed while it runs, start it if it must run, and note the rest."""
        if any(_differ(old_outputs, inputs, name) for name in _CHANGED_WHILE_RUNNING):
            with daemon_errors("Unable to update a container"):
                self.client.update_container(resource_id, **update_body(inputs))
        if inputs["mustRun"] and not old_outputs.get("mustRun"):
            with daemon_errors("Unable to start container"):
                self.client.start(resource_id)
        return self.state(self.preview(old_outputs, inputs), {})

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Remove the container: at once, or after `destroyGraceSeconds` to end by itself."""
        grace = outputs.get("destroyGraceSeconds")
        with daemon_errors(f"Error deleting container {resource_id}"):
            try:
                if grace:
                    self.client.stop(resource_id, timeout=grace)
                self.client.remove_container(
                    resource_id, v=outputs.get("removeVolumes") is not False, force=True
                )
            except NotFound:
                return

    def _unread(self, inputs: dict[str, Any]) -> dict[str, Any]:
        preview = self.preview(None, inputs)
        return self.state({name: None if value is UNKNOWN else value for name, value in preview.items()}, {})

    def _connect(self, container_id: str, inputs: dict[str, Any]) -> None:
        networks = inputs.get("networksAdvanced", [])
        if networks and inputs["networkMode"] in ("bridge", "default"):
            with daemon_errors("Unable to disconnect the default network"):
                self.client.disconnect_container_from_network(container_id, "bridge")
        for network in networks:
            with daemon_errors(f"Unable to connect to network '{network['name']}'"):
                self.client.connect_container_to_network(
                    container_id,
                    network["name"],
                    aliases=network.get("aliases"),
                    ipv4_address=network.get("ipv4Address"),
                    ipv6_address=network.get("ipv6Address"),
                    link_local_ips=network.get("linkLocalIps"),
                    mac_address=network.get("macAddress"),
                )

    def _upload(self, container_id: str, inputs: dict[str, Any]) -> None:
        for upload in inputs.get("uploads", ()):
            packed = archive(upload)
            with daemon_errors("Unable to upload volume content"):
                self.client.put_archive(container_id, "/", packed)

    def _start(self, container_id: str, inputs: dict[str, Any]) -> None:
        if not inputs["start"]:
            return
        with daemon_errors("Unable to start container"):
            self.client.start(container_id)
        if inputs.get("wait"):
            self._wait_until_healthy(container_id, inputs["waitTimeout"])

    def _wait_until_healthy(self, container_id: str, seconds: int) -> None:
        """Wait the whole time for a healthy answer, also when the container exited or is unhealthy."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with daemon_errors("Unable to inspect container"):
                health = self.client.inspect_container(container_id)["State"].get("Health")
            if health is None:
                raise OperationError(
                    "you have supplied a 'wait' argument, but the container does not have a healthcheck defined. "
                    "Please remove the 'wait' argument or add a 'healthcheck' attribute"
                )
            if health["Status"] == "healthy":
                return
            if self.cancelled.wait(_HEALTH_POLL_SECONDS):
                break
        raise OperationError("container failed to be in healthy state")


def _differ(old: dict[str, Any], new: dict[str, Any], name: str) -> bool:
    before, after = old.get(name), new.get(name)
    return before != after and not (is_empty(before) and is_empty(after))
