"""The policy pack of `policy/`, so that every engine can run it.

Pulumi hands a pack to the language host of the pack's runtime. The one that can be built from source is older than that
(pulumi_cli.py). For a runtime without a language host the engine starts `pulumi-analyzer-policy-<runtime>` from PATH:
so the pack gets a runtime of its own here, and a program that runs it with this Python.
"""

import shlex
import sys
from pathlib import Path

from local.tools import cache, command
from local.tools.progress import Progress
from local.workspace import CHECKOUT

_SOURCE = CHECKOUT / "policy"
_RUNTIME = "checkout"
_SDK = "pulumi-policy==1.21.0"


def ensure(progress: Progress, directory: Path, programs: Path) -> Path:
    """Write the pack into `directory`, for `--policy-pack`, and what runs it into `programs`, which the caller puts on
    PATH. Returns `directory`. Raises Failure.
    """
    with progress.step("Policy pack") as step:
        packages = cache.kept(_SDK.replace("==", "-"), _install)
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("__main__.py", "rules"):
            link = directory / name
            link.unlink(missing_ok=True)
            link.symlink_to(_SOURCE / name)
        project = (_SOURCE / "PulumiPolicy.yaml").read_text()
        (directory / "PulumiPolicy.yaml").write_text(
            project.replace("runtime: python", f"runtime: {_RUNTIME}")
        )
        programs.mkdir(parents=True, exist_ok=True)
        program = programs / f"pulumi-analyzer-policy-{_RUNTIME}"
        python = shlex.join([sys.executable, "-u", "-m", "pulumi.policy"])
        # The engine gives its address and the pack.
        program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(packages))} exec {python} "$1" "$2"\n')
        program.chmod(0o755)
        step.result = _SDK
    return directory


def _install(target: Path) -> None:
    # Without what it depends on: that is here, and a newer protobuf than it asks for serves as well.
    arguments = ["--disable-pip-version-check", "--no-deps", "--target", target, _SDK]
    command.run([sys.executable, "-m", "pip", "install", *arguments], cache.log_file("policy-sdk"))
