"""The SDK for Node.js that a package's schema describes, as `pulumi package add` makes it.

The host of Node.js that can be built from source does not know how, so a program of Pulumi's own code generator does.
"""

from pathlib import Path

from local.tools import cache, command, go_toolchain
from local.tools.progress import Progress
from local.tools.pulumi_cli import VERSION

_MODULE = Path(__file__).parent / "node_sdk"


def write(progress: Progress, schema: Path, directory: Path) -> None:
    """Write the SDK into `directory`. Raises Failure."""

    def make(target: Path) -> None:
        progress.note("Building Pulumi's code generator for Node.js from source, once")
        go_toolchain.build(go_toolchain.ensure(progress), _MODULE, ".", target / "node_sdk", {})

    program = cache.kept(f"node-sdk-{VERSION}", make) / "node_sdk"
    command.run([program, schema, directory], cache.log_file("node-sdk"))
