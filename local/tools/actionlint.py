"""actionlint, which reads GitHub's workflows as GitHub does: on PATH, else built from source."""

import shutil
from pathlib import Path

from local.tools import cache, go_toolchain
from local.tools.progress import Progress

VERSION = "1.7.12"

_MODULE = Path(__file__).parent / "actionlint"


def ensure(progress: Progress) -> Path:
    """The path of the program. Raises Failure."""
    with progress.step("actionlint") as step:
        found = shutil.which("actionlint")
        step.result = found or f"{VERSION}, from the cache"
        return Path(found) if found else cache.kept(f"actionlint-{VERSION}", _build) / "actionlint"


def _build(target: Path) -> None:
    go_toolchain.build(
        go_toolchain.ensure(Progress()),
        _MODULE,
        "github.com/rhysd/actionlint/cmd/actionlint",
        target / "actionlint",
        {},
    )
