"""The provider plugins of Pulumi: installed, else installable, else what can be had of them here.

For AWS and Docker these are the stand-ins of local/plugins, for Kubernetes the plugin itself, built from source.
"""

import os
import shutil
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from local.tools import cache, command, download, kubernetes_plugin
from local.tools.progress import Progress

_SITE = "https://get.pulumi.com"
_STAND_INS = Path(__file__).resolve().parent.parent / "plugins" / "bin"


def ensure(progress: Progress, cli: Path, directory: Path, names: Sequence[str]) -> list[str]:
    """Fill `directory`, which the caller puts on PATH, with what takes the place of plugins that cannot be had.

    `cli` is the directory of the Pulumi CLI. Returns the names of the providers of which this is so. Raises Failure.
    """
    with progress.step("Provider plugins") as step:
        missing = [
            name for name in names if not is_installed(name, version(name), _plugins(), os.environ["PATH"])
        ]
        reason = ""
        if missing and not download.reachable(_SITE):
            reason = f", as {_SITE} cannot be reached"
        else:
            missing = [name for name in missing if not _install(name, cli, progress)]
        for name in names:
            _link(name, _substitute(name, progress) if name in missing else None, directory)
        step.result = f"{_substitutes(missing)}{reason}" if missing else "installed"
        return missing


def is_installed(name: str, version: str, plugins: Path, path: str) -> bool:
    """Whether the engine will find the plugin that an SDK of this version asks for, in its own folder or on `path`."""
    unfinished = plugins / f"resource-{name}-v{version}.partial"
    installed = (plugins / f"resource-{name}-v{version}").is_dir() and not unfinished.exists()
    found = shutil.which(f"pulumi-resource-{name}", path=path)
    return installed or (found is not None and Path(found).resolve().parent != _STAND_INS)


def version(name: str) -> str:
    """The version of the plugin that the installed SDK of a provider asks for."""
    return metadata.version(f"pulumi-{name}")


def _plugins() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"


def _substitute(name: str, progress: Progress) -> Path:
    if name == "kubernetes":
        return kubernetes_plugin.built(progress)
    return _STAND_INS / f"pulumi-resource-{name}"


def _substitutes(names: list[str]) -> str:
    stand_ins = [name for name in names if name != "kubernetes"]
    parts = [f"stand-ins for {' and '.join(stand_ins)}"] if stand_ins else []
    return ", ".join(parts + ["kubernetes from source"] * ("kubernetes" in names))


def _link(name: str, program: Path | None, directory: Path) -> None:
    # One by one, as other runs may be using the directory.
    directory.mkdir(parents=True, exist_ok=True)
    link = directory / f"pulumi-resource-{name}"
    if program is None:
        link.unlink(missing_ok=True)
    elif not link.is_symlink() or link.readlink() != program:
        link.unlink(missing_ok=True)
        link.symlink_to(program)


def _install(name: str, cli: Path, progress: Progress) -> bool:
    if not download.reachable(_SITE):
        progress.note(f"The {name} plugin is not installed, and {_SITE} cannot be reached")
        return False
    progress.note(f"Installing the {name} plugin {version(name)} from {_SITE}, once")
    arguments = ["plugin", "install", "resource", name, version(name)]
    try:
        command.run([cli / "pulumi", *arguments], cache.log_file(f"plugin-{name}"))
    except command.CommandFailed as error:
        reason = error.output.strip().splitlines()[-1:] or ["no reason given"]
        progress.note(f"The {name} plugin cannot be installed ({reason[0].strip()})")
        return False
    return True
