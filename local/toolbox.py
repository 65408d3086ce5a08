"""The tools of a run, and the environment in which they find one another."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import docker

from local.tools import base_image, docker_engine, provider_plugins, pulumi_cli
from local.tools.progress import Progress

_FIXED = {"PULUMI_SKIP_UPDATE_CHECK": "1"}
# A run against the local AWS must not meet the account of its user, nor the user's Pulumi backend.
_LEFT_OUT = ("AWS_", "PULUMI_CONFIG", "PULUMI_STACK", "DOCKER_CONTEXT")


@dataclass(frozen=True)
class Toolbox:
    """Tools that are ready for use."""

    cli: Path
    """The directory of the Pulumi CLI and its Python language host."""
    docker_address: str
    """For DOCKER_HOST."""
    plugins: Path
    """The directory of what takes the place of plugins that cannot be had."""
    replaced: list[str]
    """The providers whose plugin cannot be had."""

    @classmethod
    def ready(
        cls,
        progress: Progress,
        plugins: Path,
        providers: Sequence[str] = ("aws", "docker"),
        *,
        to_build: bool = True,
    ) -> "Toolbox":
        """Set up the tools of stacks with these providers, `to_build` the relay's image or not.

        `plugins` is for what takes the place of the providers' plugins. Raises Failure.
        """
        docker_address = docker_engine.ensure(progress)
        if to_build:
            base_image.ensure(progress, docker.DockerClient(base_url=docker_address))
        cli = pulumi_cli.ensure(progress)
        replaced = provider_plugins.ensure(progress, cli, plugins, providers)
        return cls(cli, docker_address, plugins, replaced)

    def docker(self) -> docker.DockerClient:
        """A client of the Docker engine."""
        return docker.DockerClient(base_url=self.docker_address)

    def environment(self) -> dict[str, str]:
        """The environment of programs that use the tools."""
        variables = inherited(os.environ) | {"DOCKER_HOST": self.docker_address}
        variables["PATH"] = search_path(self.plugins, self.cli)
        if self.replaced:
            variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
        return variables


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """What a local run takes over from the environment that it was started in."""
    return {name: value for name, value in environment.items() if not name.startswith(_LEFT_OUT)} | _FIXED


def search_path(*directories: Path) -> str:
    """PATH with these directories in front. The first is this Python's: Pulumi runs programs with the one it finds."""
    return os.pathsep.join([str(Path(sys.executable).parent), *map(str, directories), os.environ["PATH"]])
