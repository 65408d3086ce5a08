"""docker:index/remoteImage:RemoteImage."""

from pathlib import Path
from typing import Any, ClassVar

from docker.errors import ImageNotFound
from docker.utils import parse_repository_tag

from local.plugins.docker.daemon import daemon_errors
from local.plugins.docker.docker_resource import DockerResource
from local.plugins.docker.images import find_or_pull
from local.plugins.docker.properties import string_map, strings
from local.plugins.errors import OperationError
from local.plugins.property import Property, not_implemented

_IMAGE_ID_LENGTH = len("sha256:") + 64

_BUILD = {
    "context": Property(str, required=True),
    "dockerfile": Property(str, default="Dockerfile"),
    "buildArgs": string_map(),
    "tags": strings(),
    "label": string_map(),
    "labels": string_map(),
    "target": Property(str),
    "networkMode": Property(str),
    "platform": Property(str),
    "extraHosts": strings(),
    "cacheFroms": strings(),
    "noCache": Property(bool),
    "pullParent": Property(bool),
    "remove": Property(bool, default=True),
    "forceRemove": Property(bool),
    **not_implemented(
        "additionalContexts",
        "authConfigs",
        "buildId",
        "buildLogFile",
        "builder",
        "cacheTos",
        "cgroupParent",
        "cpuPeriod",
        "cpuQuota",
        "cpuSetCpus",
        "cpuSetMems",
        "cpuShares",
        "isolation",
        "memory",
        "memorySwap",
        "provenance",
        "remoteContext",
        "sbom",
        "secrets",
        "securityOpts",
        "sessionId",
        "shmSize",
        "squash",
        "suppressOutput",
        "ulimits",
        "useLegacyBuilder",
        "version",
    ),
}


class RemoteImage(DockerResource):
    """A local image with a name: found, else pulled; or built from a context on this machine.

    Its id is the image's id followed by the name. A changed file in the context is no difference.
    """

    token = "docker:index/remoteImage:RemoteImage"  # noqa: S105
    properties: ClassVar = {
        "name": Property(str, required=True, replaces=True),
        "build": Property(dict, replaces=True, properties=_BUILD, conflicts=("pullTriggers",)),
        "triggers": string_map(replaces=True),
        "pullTriggers": strings(replaces=True, as_set=True),
        "keepLocally": Property(bool),
        "forceRemove": Property(bool),
        "imageId": Property(str, output_only=True),
        "repoDigest": Property(str, output_only=True),
        **not_implemented("platform"),
    }

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Build the image when there is a `build`; then find it, or pull it."""
        if inputs.get("build"):
            self._build(inputs["name"], inputs["build"])
        try:
            image = find_or_pull(self.client, inputs["name"])
        except OperationError as error:
            raise OperationError(f"Unable to read Docker image into resource: {error}") from error
        return image["Id"] + inputs["name"], self.state(inputs, _read(image))

    def read(
        self, resource_id: str, outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Look the image up by its name; for an import the name is taken from the id."""
        name = outputs.get("name") or resource_id[_IMAGE_ID_LENGTH:]
        with daemon_errors("Unable to read Docker image into resource"):
            try:
                image = self.client.inspect_image(name)
            except ImageNotFound:
                return None
        read = self.state(outputs, _read(image))
        return image["Id"] + name, read, self.refreshed_inputs(read, inputs)

    def update(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        """Note what matters when the resource is deleted."""
        return self.state(self.preview(old_outputs, inputs), {})

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Remove the name, and the image when it has no other; nothing with `keepLocally`."""
        if outputs.get("keepLocally"):
            return
        with daemon_errors("Unable to remove Docker image"):
            try:
                self.client.remove_image(outputs["name"], force=bool(outputs.get("forceRemove")))
            except ImageNotFound:
                return

    def _build(self, name: str, build: dict[str, Any]) -> None:
        if not Path(build["context"]).is_dir():
            raise OperationError(f'unable to prepare context: path "{build["context"]}" not found')
        log = []
        with daemon_errors("unable to build image"):
            events = self.client.build(
                path=build["context"],
                dockerfile=build["dockerfile"],
                tag=name,
                buildargs=build.get("buildArgs"),
                labels={**build.get("label", {}), **build.get("labels", {})},
                target=build.get("target"),
                network_mode=build.get("networkMode"),
                platform=build.get("platform"),
                extra_hosts=build.get("extraHosts"),
                cache_from=build.get("cacheFroms"),
                nocache=build.get("noCache", False),
                pull=build.get("pullParent", False),
                rm=build["remove"],
                forcerm=build.get("forceRemove", False),
                decode=True,
            )
            for event in events:
                log.append(event.get("stream", ""))
                if "error" in event:
                    raise OperationError(f"unable to build image\n\n{''.join(log)}{event['error']}")
            for tag in build.get("tags", ()):
                self.client.tag(name, *parse_repository_tag(tag))


def _read(image: dict[str, Any]) -> dict[str, Any]:
    return {"imageId": image["Id"], "repoDigest": next(iter(image["RepoDigests"]), "")}
