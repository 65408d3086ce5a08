"""What one check found."""

from collections.abc import Sequence
from typing import NamedTuple

FINE = "fine"
WRONG = "wrong"
UNKNOWN = "not checked"


class Finding(NamedTuple):
    """One row of the doctor's table."""

    check: str
    state: str
    """`fine`, `wrong`, or `not checked`: it could not be looked at."""
    seen: str
    advice: str = ""
    """The one thing to do; empty when there is none."""


def exit_status(findings: Sequence[Finding]) -> int:
    """0 when all is fine, 1 when something is wrong, else 2: something could not be looked at."""
    states = {finding.state for finding in findings}
    return 1 if WRONG in states else 2 if UNKNOWN in states else 0


def table(findings: Sequence[Finding]) -> str:
    """The findings in columns."""
    rows = [Finding("CHECK", "STATE", "SEEN", "TO DO"), *findings]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row.advice]
        ).rstrip()
        for row in rows
    )
