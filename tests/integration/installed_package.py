"""The package as `pip install` of this repository installs it, in an environment that has nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def build_wheel(directory: Path) -> Path:
    """Build the wheel from a copy, as a build leaves files behind."""
    source = directory / "source"
    ignored = shutil.ignore_patterns("__pycache__", "venv")
    shutil.copytree(ROOT / "components", source / "components", ignore=ignored)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    subprocess.run(
        [sys.executable, *_PIP, "wheel", "--no-deps", "--wheel-dir", directory, source], check=True
    )
    (wheel,) = directory.glob("*.whl")
    return wheel


def installed(wheel: Path, extra: str, environment: Path) -> Path:
    """Install the wheel with an extra into a new environment; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([python, *_PIP, "install", "--no-compile", f"{wheel}[{extra}]"], check=True)
    return python
