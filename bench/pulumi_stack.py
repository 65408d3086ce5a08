"""A stack of one of the programs in program/, with its state in a folder."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.toolbox import Toolbox
from local.tools.failure import Failure
from local.workspace import CHECKOUT

_PROGRAMS = Path(__file__).parent / "program"
_STACK = "bench"


class PulumiStack:
    """The stack of `program`, whose `variables` say what to make."""

    def __init__(self, program: str, directory: Path, toolbox: Toolbox, variables: Mapping[str, str]):
        self._name = program
        self._pulumi = toolbox.cli / "pulumi"
        self._directory = directory
        self.variables = {
            **toolbox.environment(),
            "PULUMI_BACKEND_URL": f"file://{directory}",
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PYTHONPATH": str(CHECKOUT),
            **variables,
        }
        self.config_file = directory / f"Pulumi.{_STACK}.yaml"

    def init(self) -> None:
        """Begin it, empty. Raises Failure."""
        project = {"name": "bench", "runtime": "python", "main": str(_PROGRAMS / self._name)}
        (self._directory / "Pulumi.yaml").write_text(json.dumps(project))
        self.run("stack", "init", _STACK)

    def run(self, *arguments: str) -> str:
        """What a command of `pulumi` prints. Raises Failure."""
        of_stack = () if arguments[0] == "stack" else ("--stack", _STACK)
        finished = subprocess.run(
            [self._pulumi, *arguments, "--non-interactive", *of_stack],
            cwd=self._directory,
            env=self.variables,
            capture_output=True,
            text=True,
        )
        if finished.returncode:
            raise Failure(f"pulumi {arguments[0]} of {self._name}:\n{finished.stdout}{finished.stderr}")
        return finished.stdout
