"""A program of components beside a flat one that makes the same resources by hand: `pulumi preview` and `pulumi up`."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.figures import Figure
from bench.program import COUNT, CPU_FILE, ZONE, ZONE_ID
from bench.pulumi_stack import PulumiStack
from local import run_config
from local.account import LocalAccount
from local.toolbox import Toolbox
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.workspace import Workspace

_SUBJECTS = ("ours", "flat", "floor")
_REGION = "eu-west-1"

_ROUNDS = {1: 5, 10: 5, 100: 1}
"""By the number of domains."""


def measure(progress: Progress) -> Iterator[Figure]:
    """Each number of domains, in rounds of alternating order. Raises Failure."""
    toolbox = Toolbox.ready(progress, Workspace.from_environment().plugins, to_build=False)
    for domains, rounds in _ROUNDS.items():
        for number in range(rounds):
            order = _SUBJECTS if number % 2 == 0 else _SUBJECTS[::-1]
            with progress.step(f"Round {number + 1} of {rounds}: {domains} domains"):
                made = {}
                for subject in order:
                    with _Project(subject, domains, toolbox) as project:
                        yield from project.measure()
                        made[subject] = project.resources()
                _check_same(made)


def _check_same(made: Mapping[str, set[tuple[str, str]]]) -> None:
    for subject, resources in made.items():
        difference = resources ^ made["flat"]
        if difference:
            raise Failure(f"{subject} and flat do not make the same resources: {sorted(difference)[:5]}")


class _Project:
    """A new stack of one of the programs, on a new and empty account. `with project:` both exist."""

    def __init__(self, subject: str, domains: int, toolbox: Toolbox):
        self._subject = subject
        self._domains = domains
        self._directory = Path(tempfile.mkdtemp())
        self._account = LocalAccount(self._directory / "aws")
        self._cpu_file = self._directory / "cpu"
        variables = {
            # It writes the whole state anew before and after each resource, which is neither program's work.
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
            COUNT: str(domains),
            CPU_FILE: str(self._cpu_file),
        }
        self._stack = PulumiStack(subject, self._directory, toolbox, variables)

    def __enter__(self) -> "_Project":
        try:
            self._account.start(_REGION, "localhost", "127.0.0.1")
            self._stack.variables[ZONE_ID] = self._account.ensure_zone(ZONE)
            self._stack.init()
            run_config.write(self._stack.config_file, run_config.account_facts(self._account.facts()))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._account.stop()
        shutil.rmtree(self._directory)

    def measure(self) -> Iterator[Figure]:
        """How long preview and up take, and how much of the CPU the program itself."""
        for command, options in (("preview", ()), ("up", ("--yes", "--skip-preview"))):
            start = time.monotonic()
            self._stack.run(command, *options)
            seconds = time.monotonic() - start
            what = f"{command}, {self._domains} domains"
            yield Figure(what, self._subject, seconds, "s")
            yield Figure(f"CPU of the program: {what}", self._subject, float(self._cpu_file.read_text()), "s")

    def resources(self) -> set[tuple[str, str]]:
        """What the stack has at AWS: types and names."""
        resources = json.loads(self._stack.run("stack", "export"))["deployment"]["resources"]
        return {
            (resource["type"], resource["urn"].rpartition("::")[2])
            for resource in resources
            if resource["type"].startswith("aws:")
        }
