"""The kinds of the Prometheus operator, for tests: made from its types, as its own build does it.

Its releases are downloads; its types are a Go module.
"""

from pathlib import Path

from local.tools import cache, go_toolchain
from local.tools.progress import Progress

VERSION = "0.95.2"

_MODULE = Path(__file__).parent / "prometheus_operator"
_GENERATOR = "sigs.k8s.io/controller-tools/cmd/controller-gen"
_TYPES = "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"


def definition(kind: str, progress: Progress) -> Path:
    """The file with the CustomResourceDefinition of a kind, such as `ServiceMonitor`. Raises Failure."""

    def generate(target: Path) -> None:
        progress.note(
            f"Making the kinds of the Prometheus operator {VERSION} from its source, once (a minute)"
        )
        # Without descriptions: they are most of a definition, and say nothing to an API server.
        arguments = ["crd:crdVersions=v1,maxDescLen=0", f"paths={_TYPES}", f"output:crd:dir={target}"]
        go_toolchain.run(go_toolchain.ensure(progress), _MODULE, "run", _GENERATOR, *arguments)

    directory = cache.kept(f"prometheus-operator-kinds-{VERSION}", generate)
    return directory / f"monitoring.coreos.com_{kind.lower()}s.yaml"
