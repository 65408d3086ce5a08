"""DockerProvider: the stand-in of pulumi-resource-docker."""

from typing import Any, ClassVar

import docker

from local.plugins.docker.container import Container
from local.plugins.docker.daemon import connect
from local.plugins.docker.network import Network
from local.plugins.docker.remote_image import RemoteImage
from local.plugins.docker.volume import Volume
from local.plugins.property import Property, not_implemented
from local.plugins.provider import Provider


class DockerProvider(Provider):
    """Containers, volumes, networks and images on one Docker daemon."""

    name = "docker"
    resource_types = (Container, Volume, Network, RemoteImage)
    config: ClassVar = {
        "host": Property(str),
        **not_implemented(
            "caMaterial",
            "certMaterial",
            "certPath",
            "context",
            "disableDockerDaemonCheck",
            "keyMaterial",
            "registryAuth",
            "sshOpts",
        ),
    }

    def configure(self, config: dict[str, Any]) -> docker.APIClient:
        """Connect; without a daemon this fails, in a preview too."""
        return connect(config.get("host"))
