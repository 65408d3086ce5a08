"""A thing that a reviewer must not overlook."""

from dataclasses import dataclass
from enum import IntEnum


class Weight(IntEnum):
    """How bad it is, the worst first; a comment's verdict is that of its heaviest risk."""

    STOPS_MAIL = 0
    LOSES_MAIL = 1
    OPENS = 2
    """Somebody may do, or read, what they could not before."""
    CHANGES_MAIL = 3
    """Mail goes on, in another way."""
    LOOK = 4


@dataclass(frozen=True)
class Risk:
    """A flag in words. The texts are Markdown; what comes from a preview is in them by markdown.code()."""

    weight: Weight
    title: str
    why: str
    to_do: str
