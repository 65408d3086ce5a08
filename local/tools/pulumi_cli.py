"""The Pulumi CLI with its Python language host: on PATH, else the official download, else built from source."""

import os
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

from local.tools import cache, download, go_toolchain
from local.tools.failure import Failure
from local.tools.progress import Progress, Step
from local.tools.version import parse_version

# The version that the tests ran with. An older one on PATH is passed over.
VERSION = "3.259.0"

_SITE = "https://get.pulumi.com"
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}

_MODULES = Path(__file__).parent
# `pulumi version` prints what the linker sets here, and the Automation API refuses a CLI that prints nothing.
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_LANGUAGE_HOST_VERSION = "3.77.0"
_EXECUTOR = "python/cmd/pulumi-language-python-exec"


def ensure(progress: Progress) -> Path:
    """The directory that holds the CLI and its Python language host. Raises Failure."""
    with progress.step("Pulumi CLI") as step:
        found = shutil.which("pulumi")
        if found and is_usable(_version(found), bool(shutil.which("pulumi-language-python"))):
            step.result = f"{found}"
            return Path(found).parent
        return _kept(progress, step)


def is_usable(version: str, has_language_host: bool) -> bool:
    """Whether a CLI on PATH serves, by what `pulumi version` prints."""
    return has_language_host and parse_version(version) >= parse_version(VERSION)


def archive_url(system: str, machine: str) -> str:
    """The official download for a platform as `platform.system()` and `platform.machine()` name it. Raises Failure."""
    if system not in ("Linux", "Darwin") or machine.lower() not in _MACHINES:
        raise Failure(
            f"There is no Pulumi CLI for {system} on {machine}: use Linux or macOS on x86-64 or ARM64"
        )
    return f"{_SITE}/releases/sdk/pulumi-v{VERSION}-{system.lower()}-{_MACHINES[machine.lower()]}.tar.gz"


def _version(program: str) -> str:
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "1"}
    return subprocess.run([program, "version"], capture_output=True, text=True, env=environment).stdout


def _kept(progress: Progress, step: Step) -> Path:
    step.result = f"{VERSION}, from the cache"

    def make(target: Path) -> None:
        if download.reachable(_SITE):
            progress.note(f"Pulumi CLI {VERSION} is not on PATH: downloading it from {_SITE}, once")
            try:
                _unpack(archive_url(platform.system(), platform.machine()), target)
            except (OSError, EOFError, tarfile.TarError) as error:
                progress.note(f"The download of the Pulumi CLI failed: {error}")
                shutil.rmtree(target)
                target.mkdir()
            else:
                step.result = f"{VERSION}, downloaded"
                return
        progress.note(
            f"{_SITE} cannot be had: building the Pulumi CLI {VERSION} from source, once (about 5 minutes)"
        )
        _build(go_toolchain.ensure(progress), target)
        step.result = f"{VERSION}, built from source"

    return cache.kept(f"pulumi-{VERSION}", make)


def _unpack(url: str, target: Path) -> None:
    archive = target / "archive.tar.gz"
    download.save(url, archive)
    with tarfile.open(archive) as tar:
        # All programs lie in one folder of the archive.
        for member in filter(tarfile.TarInfo.isfile, tar):
            program = target / Path(member.name).name
            with tar.extractfile(member) as source, program.open("wb") as file:
                shutil.copyfileobj(source, file)
            program.chmod(0o755)
    archive.unlink()


def _build(go: Path, target: Path) -> None:
    cli, language_host = _MODULES / "pulumi", _MODULES / "pulumi_language_python"
    go_toolchain.build(
        go,
        cli,
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        target / "pulumi",
        {_VERSION_VARIABLE: f"v{VERSION}"},
    )
    go_toolchain.build(
        go,
        language_host,
        "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
        target / "pulumi-language-python",
        {_VERSION_VARIABLE: f"v{_LANGUAGE_HOST_VERSION}"},
    )
    # The language host starts this script, which it looks for beside itself. The module of the CLI has a current one.
    listed = go_toolchain.run(go, cli, "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3")
    executor = Path(listed.strip().splitlines()[-1]) / _EXECUTOR
    shutil.copyfile(executor, target / executor.name)
    (target / executor.name).chmod(0o755)
