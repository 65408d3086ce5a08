"""What a rule is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .resource import Resource

MANDATORY, ADVISORY = "mandatory", "advisory"
"""Whether a violation stops the update, or is only told. `--policy-pack-config` changes it by the rule's name."""


@dataclass(frozen=True)
class Rule:
    """A rule in words."""

    name: str
    level: str
    why: str
    fix: str


@dataclass(frozen=True)
class ResourceRule(Rule):
    """A rule for one resource."""

    check: Callable[[Resource], Iterable[str]]
    """The problems of the resource, each as a sentence that shows no secret."""


@dataclass(frozen=True)
class StackRule(Rule):
    """A rule for all resources of a stack."""

    check: Callable[[Sequence[Resource]], Iterable[tuple[str, str]]]
    """The problems, each with the URN of the resource that has it."""
