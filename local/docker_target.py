"""Docker as what the relay of the stack `local` runs on."""

import socket
from email.message import EmailMessage
from typing import Any

from docker.errors import DockerException

from local import delivery, docker_objects, run_config
from local.run_config import PROJECT, Config
from local.state_file import StateFile
from local.toolbox import Toolbox
from local.tools import docker_engine
from local.workspace import LOCAL, Workspace

_LOG_LINES = 15


class DockerTarget:
    """The engine of `toolbox`, with the objects that the stack has there."""

    host = "host.docker.internal"
    """The name by which the relay finds this machine: DockerRelay gives it."""

    def __init__(self, toolbox: Toolbox, workspace: Workspace):
        self._engine = toolbox.docker()
        self._workspace = workspace
        self._state = StateFile(workspace.backend, LOCAL)
        self.address = docker_engine.gateway(self._engine)
        """Where the relay reaches this machine."""
        # An update that was killed may have left a container that holds the port.
        docker_objects.remove(self._engine, self._state.unfinished_docker_objects())

    def facts(self, config: Config) -> Config:
        """What the stack needs to know: a port that is free."""
        return {f"{PROJECT}:listenPort": self._listen_port(config)}

    def is_whole(self) -> bool:
        """Whether all that the stack has is still there."""
        return docker_objects.are_up(self._engine, self._state.docker_objects())

    def complaints(self) -> list[str]:
        """What a relay that does not become ready says."""
        return docker_objects.complaints(self._engine, self._state.docker_objects())

    def submit(self, message: EmailMessage, outputs: dict[str, Any]) -> None:
        """Hand a message to the relay. Raises DeliveryFailed."""
        delivery.submit(message, outputs["smtpAddress"])

    def log(self, outputs: dict[str, Any]) -> str:
        """The end of the relay's log."""
        try:
            container = self._engine.containers.get(outputs["workload"])
            return container.logs(tail=_LOG_LINES).decode(errors="replace")
        except DockerException as error:
            return f"none: {error}"

    def _listen_port(self, config: Config) -> int:
        """The port that the stack file names, else the one of the relay that is up, else a free one."""
        key = f"{PROJECT}:listenPort"
        if key in config:
            return config[key]
        written = run_config.read(self._workspace.config_file(LOCAL)).get("config", {})
        objects = self._state.docker_objects()
        if key in written and objects and docker_objects.are_up(self._engine, objects):
            return written[key]
        with socket.socket() as probe:
            probe.bind((config.get(f"{PROJECT}:listenAddress", "127.0.0.1"), 0))
            return probe.getsockname()[1]
