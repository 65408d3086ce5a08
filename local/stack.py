"""A stack in the workspace's own backend, through the Pulumi CLI."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.run_config import PROJECT
from local.state_file import StateFile
from local.tools import command
from local.tools.failure import Failure
from local.workspace import CHECKOUT, Workspace

# That a plugin was not downloaded was said when it was set up.
_PLUGIN_WARNINGS = (
    "warning: using pulumi-resource-",
    "warning: using pulumi-analyzer-",
    "warning: resource plugin ",
)


class LocalStack:
    """The stack `name`; `cli` is the directory of the CLI, which runs in `environment`."""

    def __init__(self, name: str, cli: Path, environment: Mapping[str, str], workspace: Workspace):
        self._name = name
        self._workspace = workspace
        self._program = cli / "pulumi"
        self._environment = environment | {
            "PULUMI_BACKEND_URL": f"file://{workspace.backend}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(workspace.passphrase_file()),
        }
        self.state = StateFile(workspace.backend, name)

    def ensure(self) -> None:
        """Have the stack, not locked by the dead, and its configuration file. Raises Failure."""
        if not self.state.exists():
            self._workspace.backend.mkdir(parents=True, exist_ok=True)
            # Pulumi notes in the project's stack file how secrets are encrypted: not in the one under version control.
            (self._workspace.directory / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
            self._in_workspace("stack", "init", "--no-select")
        self.state.release_locks()

    def set_secret(self, key: str, value: str) -> None:
        """Encrypt a value into the stack's configuration file."""
        self._in_workspace("config", "set", "--secret", key, value)

    def up(self, *, refresh: bool) -> str:
        """Run `pulumi up`; return what it did, as `19 created`. Raises Failure."""
        options = ["--yes", "--skip-preview"]
        if refresh:
            # With the program, as the providers in the state know the addresses of an account that is gone.
            options += ["--refresh", "--run-program"]
        return changes(self._in_checkout("up", *options))

    def preview(self, policy_pack: Path | None = None) -> str:
        """Run `pulumi preview`, in detail or with a policy pack; return what it prints. Raises Failure."""
        # In a diff, what policies say stands somewhere in the middle, and not together at the end.
        option = f"--policy-pack={policy_pack}" if policy_pack else "--diff"
        return _without_plugin_warnings(self._in_checkout("preview", option))

    def destroy(self) -> None:
        """Run `pulumi destroy`. Raises Failure."""
        self._in_checkout("destroy", "--yes", "--skip-preview")

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets masked. Raises Failure."""
        return json.loads(self._in_workspace("stack", "output", "--json"))

    def _in_checkout(self, verb: str, *options: str) -> str:
        """Run a command that needs the program, or may take long."""
        configuration = self._workspace.config_file(self._name)
        arguments = [*self._arguments(verb, *options), "--config-file", configuration, "--color", "never"]
        log = self._workspace.logs / f"pulumi-{verb}.log"
        try:
            return command.run(
                [self._program, *arguments],
                log,
                environment=self._environment,
                directory=CHECKOUT,
                # Should this run be killed, the next one must wait until Pulumi has ended.
                inherited=[self._workspace.lock],
            )
        except command.CommandFailed as failed:
            raise Failure(
                f"pulumi {verb} failed; all it said: {log}\n{diagnostics(log.read_text())}"
            ) from failed

    def _in_workspace(self, *command_line: str) -> str:
        """Run a command that needs only the backend, or writes the configuration file."""
        finished = subprocess.run(
            [self._program, *self._arguments(*command_line)],
            capture_output=True,
            text=True,
            env=self._environment,
            cwd=self._workspace.directory,
        )
        if finished.returncode:
            raise Failure(f"pulumi {' '.join(command_line[:2])} failed:\n{command.tail(finished.stderr)}")
        return finished.stdout

    def _arguments(self, *command_line: str) -> list[str | Path]:
        return [*command_line, "--stack", self._name, "--non-interactive"]


def changes(output: str) -> str:
    """What the output of `pulumi up` says it did, as `2 created, 19 unchanged`."""
    resources = re.search(r"^Resources:\n((?:    .+\n)+)", output, re.MULTILINE)
    counts = re.findall(r"\d+ (?!changes)\w+", resources[1]) if resources else []
    return ", ".join(counts) or "done"


def diagnostics(output: str) -> str:
    """The parts of Pulumi's output that say what went wrong."""
    parts = re.findall(r"^(?:Policies|Diagnostics):\n(.*?)(?=^\w+:\n|\Z)", output, re.MULTILINE | re.DOTALL)
    return _without_plugin_warnings("\n".join(part.rstrip() for part in parts)) or command.tail(output)


def _without_plugin_warnings(text: str) -> str:
    return "\n".join(
        line for line in text.splitlines() if not any(warning in line for warning in _PLUGIN_WARNINGS)
    )
