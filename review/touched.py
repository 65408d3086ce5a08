"""Print the stacks that changed files are of: `git diff --name-only main... | python -m review.touched`.

As JSON, for a job's matrix. A stack's own file is of that stack; what every program needs is of all; documentation and
tests are of none. `--all` is all of them, whatever has changed; `--without-cluster` leaves out those that name one.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

_STACK_FILE = re.compile(r"stacks/Pulumi\.(?P<stack>[A-Za-z0-9_.-]+)\.yaml")
# What `pulumi up` reads, and the rules that may stop it.
_PROGRAM = re.compile(
    r"__main__\.py|Pulumi\.yaml|requirements\.txt|(?:components|stacks|policy)/.+(?<!\.md)|\.github/workflows/preview\.yml"
)
# Have their account in a folder: they are brought up by the tests.
_LOCAL = "local"
_CLUSTER = "kubernetes:context"


def touched(changed: Iterable[str], stacks: Iterable[str]) -> list[str]:
    """Those of `stacks` that the changed files are of, sorted."""
    stacks, found = set(stacks), set()
    for path in changed:
        of_one = _STACK_FILE.fullmatch(path)
        if of_one:
            found.add(of_one["stack"])
        elif _PROGRAM.fullmatch(path):
            return sorted(stacks)
    return sorted(found & stacks)


def known_stacks(directory: Path, *, with_clusters: bool = True) -> list[str]:
    """The stacks of an account, by their files."""
    found = []
    for path in directory.glob("stacks/Pulumi.*.yaml"):
        name = _STACK_FILE.fullmatch(f"stacks/{path.name}")
        is_wanted = with_clusters or _CLUSTER not in path.read_text()
        if name and is_wanted and not name["stack"].startswith(_LOCAL):
            found.append(name["stack"])
    return sorted(found)


if __name__ == "__main__":
    of_accounts = known_stacks(Path.cwd(), with_clusters="--without-cluster" not in sys.argv)
    print(json.dumps(of_accounts if "--all" in sys.argv else touched(map(str.strip, sys.stdin), of_accounts)))
