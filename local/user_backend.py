"""Stacks of the user's own: their Pulumi backend, their accounts, and the CLI as if they had called it."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from local.toolbox import search_path
from local.workspace import CHECKOUT


def up(stack: str, cli: Path, options: Sequence[str]) -> NoReturn:
    """Select the stack, make it where it is missing, and become `pulumi up`, with `options` for it."""
    selected = subprocess.run(
        [cli / "pulumi", "stack", "select", "--create", stack], cwd=CHECKOUT, env=_environment(cli)
    )
    if selected.returncode:
        raise SystemExit(selected.returncode)
    _become(cli, "up", "--stack", stack, *options)


def down(stack: str, cli: Path, options: Sequence[str]) -> NoReturn:
    """Become `pulumi destroy`, with `options` for it."""
    _become(cli, "destroy", "--stack", stack, *options)


def outputs(stack: str, cli: Path, options: Sequence[str]) -> NoReturn:
    """Become `pulumi stack output`, with `options` for it."""
    _become(cli, "stack", "output", "--json", "--stack", stack, *options)


def _become(cli: Path, *arguments: str) -> NoReturn:
    os.chdir(CHECKOUT)
    os.execve(cli / "pulumi", ["pulumi", *arguments], _environment(cli))  # noqa: S606


def _environment(cli: Path) -> dict[str, str]:
    return os.environ | {"PATH": search_path(cli)}
