"""What a preview says of a whole stack."""

from dataclasses import dataclass

from .change import Change


@dataclass(frozen=True)
class Violation:
    """A rule of a policy pack that a resource breaks."""

    policy: str
    message: str
    is_mandatory: bool


@dataclass(frozen=True)
class Preview:
    """The changes that an update would make."""

    stack: str
    """As `project/stack`; empty when the preview ended before it said so."""
    changes: tuple[Change, ...]
    """One for each resource, those that stay as they are among them where the preview lists them."""
    errors: tuple[str, ...] = ()
    """What went wrong, in Pulumi's words. Then the changes are not all of them."""
    violations: tuple[Violation, ...] = ()
    has_outputs: bool = True
    """Whether the changes carry outputs: the digest of `pulumi preview --json` leaves the new ones out."""

    def of(self, *types: str) -> list[Change]:
        """The changes of resources of these types."""
        return [change for change in self.changes if change.type in types]
