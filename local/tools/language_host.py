"""The hosts of Pulumi languages other than Python: beside the CLI or on PATH, else built from source."""

import shutil
from pathlib import Path

from local.tools import cache, go_toolchain
from local.tools.progress import Progress

_MODULES = Path(__file__).parent
_PACKAGES = {
    "yaml": ("1.25.0", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"),
    "nodejs": ("3.60.0", "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"),
}


def ensure(progress: Progress, language: str, cli: Path) -> Path:
    """The directory of the host of `yaml` or `nodejs`; `cli` is that of the Pulumi CLI. Raises Failure."""
    program = f"pulumi-language-{language}"
    version, package = _PACKAGES[language]
    with progress.step(f"Pulumi's host of {language}") as step:
        if found := shutil.which(program, path=str(cli)) or shutil.which(program):
            step.result = found
            return Path(found).parent

        def make(target: Path) -> None:
            progress.note(f"{program} cannot be had: building it from source, once")
            module = _MODULES / program.replace("-", "_")
            go_toolchain.build(go_toolchain.ensure(progress), module, package, target / program, {})

        step.result = f"{version}, built from source"
        return cache.kept(f"{program}-{version}", make)
