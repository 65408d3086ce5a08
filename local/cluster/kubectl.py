"""The client of Kubernetes."""

import os
import subprocess
from pathlib import Path

from local.tools.failure import Failure


class Kubectl:
    """`kubectl` as the user of a kubeconfig. `program` is where it lies, or its name on PATH."""

    def __init__(self, program: str | Path, kubeconfig: Path):
        self._program = Path(program)
        self._kubeconfig = kubeconfig
        self.command = [str(program), f"--kubeconfig={kubeconfig}"]
        """How to start it, for those who do more than read its output."""

    def __call__(self, *arguments: str | Path, stdin: str = "") -> str:
        """What it prints. Raises Failure with what it says."""
        done = subprocess.run([*self.command, *arguments], input=stdin, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout

    def environment(self, path: str) -> dict[str, str]:
        """With what programs find this `kubectl`, besides those on `path`, and it finds the cluster."""
        directory = self._program.parent
        found = f"{directory}{os.pathsep}{path}" if directory.is_absolute() else path
        return {"PATH": found, "KUBECONFIG": str(self._kubeconfig)}
