"""Print the stacks that changed files are of: `git diff --name-only main... | python -m review.touched`.

As JSON, for a job's matrix. A stack's own file is of that stack; what every program needs is of all; documentation and
tests are of none. `--all` is all of them, whatever has changed.
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
# Has its account in a folder: it is brought up by the tests.
_LOCAL = "local"


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


def known_stacks(directory: Path) -> list[str]:
    """The stacks of an account, by their files."""
    names = (_STACK_FILE.fullmatch(f"stacks/{path.name}") for path in directory.glob("stacks/Pulumi.*.yaml"))
    return sorted(name["stack"] for name in names if name and name["stack"] != _LOCAL)


if __name__ == "__main__":
    of_accounts = known_stacks(Path.cwd())
    print(json.dumps(of_accounts if "--all" in sys.argv else touched(map(str.strip, sys.stdin), of_accounts)))
