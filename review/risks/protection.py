"""What a change does to resources that somebody has protected."""

from collections.abc import Iterator

from ..markdown import code, listed
from ..preview import Preview
from ..risk import Risk, Weight
from ..things import thing

_MOST = 12


def protected_lost(preview: Preview) -> Iterator[Risk]:
    """A protected resource that the update would delete, which Pulumi refuses."""
    for change in preview.changes:
        if change.old.is_protected and change.operation in ("delete", "replace"):
            yield Risk(
                Weight.LOOK,
                f"The protected {thing(change)[0]} {code(change.name)} would be {change.operation}d",
                "Pulumi refuses that, and the update stops there, half done.",
                "Keep it; or, if it has to go, take `protect` off in a change of its own first.",
            )


def unprotected(preview: Preview) -> Iterator[Risk]:
    """Resources that lose their protection."""
    names = sorted(
        thing(change)[0]
        for change in preview.changes
        if change.is_custom
        and change.old.is_protected
        and not change.new.is_protected
        and change.operation in ("same", "update")
    )
    if names:
        shown = [*names[:_MOST], *([f"{len(names) - _MOST} more"] if len(names) > _MOST else [])]
        yield Risk(
            Weight.LOOK,
            f"No longer protected: {listed(shown)}",
            "The next mistake can delete them.",
            "Leave `protect=True`, unless their deletion is the next step.",
        )


RULES = (protected_lost, unprotected)
