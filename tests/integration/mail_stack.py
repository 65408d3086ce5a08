"""The program under test in a folder of its own, and a stack of it that sends through the emulated SES."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
from pulumi import automation

from local.run_config import SERVICES

from .engine import Engine, Run, engine
from .local_aws import LocalAws
from .upstream import port_to_keep

ROOT = Path(__file__).parents[2]
DOMAIN = "example.com"


class MailStack:
    """A stack of the project, driven by the real engine; its names, ports and files are its own."""

    def __init__(self, engine: Engine, project: Path):
        self._engine = engine
        self.project = project
        """The stack's own copy of the program."""
        self.printed = ""
        """All that the engine has printed for this stack."""

    def up(self, **config: Any) -> Run:
        """Bring it up with changed keys."""
        self._engine.stack.set_all_config(_config_values(config))
        return self._printing(self._engine.up())

    def preview(self) -> Run:
        """What an update would do."""
        return self._printing(self._engine.preview())

    def refresh(self) -> Run:
        """Read every resource again."""
        return self._printing(self._engine.refresh())

    def destroy(self) -> Run:
        """Delete every resource."""
        return self._printing(self._engine.destroy())

    def _printing(self, run: Run) -> Run:
        self.printed += run.log
        return run

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack outputs."""
        return self._engine.outputs

    @property
    def state(self) -> str:
        """The state as it lies on disk."""
        return self._engine.state

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources in the state."""
        return self._engine.stack.export_stack().deployment.get("resources") or []

    @property
    def container(self) -> Any:
        """The relay's container."""
        return docker.from_env().containers.get(self.outputs["workload"])

    @property
    def login(self) -> dict[str, str]:
        """The login that the running relay holds: `RELAY_USER` and `RELAY_PASSWORD`."""
        variables = dict(variable.split("=", 1) for variable in self.container.attrs["Config"]["Env"])
        return {name: variables[name] for name in ("RELAY_USER", "RELAY_PASSWORD")}

    def secret_keys(self) -> list[str]:
        """The secret of every access key in the state, decrypted."""
        export = self._engine.stack._run_pulumi_cmd_sync(["stack", "export", "--show-secrets"])
        return [
            json.loads(resource["outputs"]["secret"]["plaintext"])
            for resource in json.loads(export.stdout)["deployment"]["resources"]
            if resource["type"] == "aws:iam/accessKey:AccessKey"
        ]


@contextlib.contextmanager
def mail_stack(directory: Path, local_aws: LocalAws, program: str = "", **config: Any) -> Iterator[MailStack]:
    """The stack `local`, relaying through the emulated SES; `program` replaces the project's own `__main__.py`."""
    smtp, dns = local_aws.account["smtp"], local_aws.account["dns"]
    services = dict.fromkeys(SERVICES, local_aws.account["endpoint"])
    facts = {
        "aws:endpoints": [services],
        "relayHost": smtp["host"],
        "relayPort": smtp["starttls"],
        "relayCa": Path(local_aws.account["ca"]).read_text(),
        "verificationResolver": f"{dns['address']}:{dns['port']}",
        "listenPort": port_to_keep("127.0.0.1"),
    }
    project = copy_project(directory, program)
    with engine(directory, project, _config_values(facts | config), stack="local") as running:
        yield MailStack(running, project)


def copy_project(directory: Path, program: str = "") -> Path:
    """Copy the program into `directory`, so that a test's stack files are its own."""
    project = directory / "project"
    project.mkdir()
    for folder in ("components", "stacks"):
        shutil.copytree(ROOT / folder, project / folder)
    shutil.copy(ROOT / "Pulumi.yaml", project)
    (project / "__main__.py").write_text(program or (ROOT / "__main__.py").read_text())
    (project / ".venv").symlink_to(ROOT / ".venv")
    return project


def _config_values(config: dict[str, Any]) -> dict[str, automation.ConfigValue]:
    return {
        key: automation.ConfigValue(
            value if isinstance(value, str) else json.dumps(value), secret=key == "relayPassword"
        )
        for key, value in config.items()
    }
