"""The package as `pip install` of this repository installs it, in an environment that has nothing else."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")
_TAG = "v0.0.0"


def build_wheel(directory: Path) -> Path:
    """Build the wheel as `pip install git+...@TAG` does, from a repository that holds the working tree as it is."""
    repository = directory / "repository.git"
    author = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    git = ["git", "--git-dir", repository, "--work-tree", ROOT, *author]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "All"], ["tag", _TAG]):
        subprocess.run([*git, *command], cwd=ROOT, check=True)
    source = f"git+file://{repository}@{_TAG}"
    subprocess.run(
        [sys.executable, *_PIP, "wheel", "--no-deps", "--wheel-dir", directory, source], check=True
    )
    (wheel,) = directory.glob("*.whl")
    return wheel


def installed(environment: Path, *requirements: str | Path) -> Path:
    """Make an environment with nothing but what pip installs for `requirements`; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([python, *_PIP, "install", "--no-compile", *requirements], check=True)
    return python
