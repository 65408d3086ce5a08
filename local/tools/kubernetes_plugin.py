"""The provider plugin for Kubernetes, built from source. Its releases are downloads; its source is a Go module."""

import json
import tempfile
from pathlib import Path

from local.tools import cache, go_toolchain
from local.tools.progress import Progress

# Served as this commit only: the one before release 4.25.0.
VERSION = "4.0.0-20260115033456-f47bc2d6f199"
PROGRAM = "pulumi-resource-kubernetes"

_MODULE = Path(__file__).parent / "pulumi_resource_kubernetes"
_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_MAIN = "cmd/pulumi-resource-kubernetes"
_EMBEDDED = ("schema.json", "terraform-mapping.json")


def built(progress: Progress) -> Path:
    """The program, built where it is not in the cache. Raises Failure."""

    def make(target: Path) -> None:
        progress.note("Building the kubernetes plugin from source, once (several minutes)")
        _build(go_toolchain.ensure(progress), target / PROGRAM)

    return cache.kept(f"{PROGRAM}-{VERSION}", make) / PROGRAM


def _build(go: Path, program: Path) -> None:
    listed = go_toolchain.run(go, _MODULE, "list", "-f", "{{.Module.Dir}}", f"{_PROVIDER}/pkg/version")
    generated_from = Path(listed.strip().splitlines()[-1]) / _MAIN
    with tempfile.NamedTemporaryFile("w", suffix=".json") as overlay:
        # For Go, what main.go embeds then lies beside it.
        json.dump(
            {"Replace": {str(_MODULE / name): str(generated_from / name) for name in _EMBEDDED}}, overlay
        )
        overlay.flush()
        version = {f"{_PROVIDER}/pkg/version.Version": VERSION}
        go_toolchain.build(go, _MODULE, ".", program, version, "-overlay", overlay.name)
