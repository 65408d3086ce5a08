"""The provider plugins of Pulumi: installed, else installable, else the stand-ins of local/plugins."""

import os
import shutil
from importlib import metadata
from pathlib import Path

from local.tools import cache, command, download
from local.tools.progress import Progress

_NAMES = ("aws", "docker")
_SITE = "https://get.pulumi.com"
_STAND_INS = Path(__file__).resolve().parent.parent / "plugins" / "bin"


def ensure(progress: Progress, cli: Path, directory: Path) -> list[str]:
    """Fill `directory`, which the caller puts on PATH, with stand-ins for the plugins that cannot be had.

    `cli` is the directory of the Pulumi CLI. Returns the names of the providers that have a stand-in.
    """
    with progress.step("Provider plugins") as step:
        missing = [
            name for name in _NAMES if not is_installed(name, version(name), _plugins(), os.environ["PATH"])
        ]
        reason = ""
        if missing and not download.reachable(_SITE):
            reason = f", as {_SITE} cannot be reached"
        else:
            missing = [name for name in missing if not _install(name, cli, progress)]
        _link(missing, directory)
        step.result = f"stand-ins for {' and '.join(missing)}{reason}" if missing else "installed"
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


def _link(names: list[str], directory: Path) -> None:
    # One by one, as other runs may be using the directory.
    directory.mkdir(parents=True, exist_ok=True)
    for name in _NAMES:
        link = directory / f"pulumi-resource-{name}"
        if name not in names:
            link.unlink(missing_ok=True)
        elif not link.is_symlink():
            link.symlink_to(_STAND_INS / link.name)


def _install(name: str, cli: Path, progress: Progress) -> bool:
    if not download.reachable(_SITE):
        progress.note(
            f"The {name} plugin is not installed, and {_SITE} cannot be reached: using the stand-in"
        )
        return False
    progress.note(f"Installing the {name} plugin {version(name)} from {_SITE}, once")
    arguments = ["plugin", "install", "resource", name, version(name)]
    try:
        command.run([cli / "pulumi", *arguments], cache.log_file(f"plugin-{name}"))
    except command.CommandFailed as error:
        reason = error.output.strip().splitlines()[-1:] or ["no reason given"]
        progress.note(f"The {name} plugin cannot be installed ({reason[0].strip()}): using the stand-in")
        return False
    return True
