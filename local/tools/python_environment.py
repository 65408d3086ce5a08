"""`python3 -m local.tools.python_environment DIRECTORY`: the virtual environment that everything else runs in.

Runs before anything is installed, so it and what it imports need the standard library only.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

from local.tools import apt, cache, command
from local.tools.failure import Failure
from local.tools.progress import Progress

_REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements-dev.txt"


def ensure(progress: Progress, directory: Path) -> None:
    """Have an environment with the requirements of the program, the local AWS and the tests. Raises Failure."""
    python = directory / "bin" / "python"
    log = cache.log_file("python-environment")
    with progress.step("Python environment") as step:
        if not _starts(python):
            if importlib.util.find_spec("ensurepip") is None and apt.may_install():
                apt.install(f"python3.{sys.version_info.minor}-venv")  # a package of its own on Debian
            command.run([sys.executable, "-m", "venv", "--clear", directory], log)
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        command.run([*pip, "install", "--requirement", _REQUIREMENTS], log)
        step.result = f"{directory}, as {_REQUIREMENTS.name} says"


def _starts(python: Path) -> bool:
    return python.exists() and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


if __name__ == "__main__":
    try:
        ensure(Progress(), Path(sys.argv[1]))
    except Failure as failure:
        sys.exit(f"error: {failure}")
