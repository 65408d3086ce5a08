"""What was measured, and how it is shown. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One value."""

    name: str
    subject: str
    value: float
    unit: str


def medians(figures: Iterable[Figure]) -> list[Figure]:
    """One figure for all of the same name and subject, in the order in which they first came."""
    values: dict[tuple[str, str, str], list[float]] = {}
    for figure in figures:
        values.setdefault((figure.name, figure.subject, figure.unit), []).append(figure.value)
    return [Figure(name, subject, median(found), unit) for (name, subject, unit), found in values.items()]


def rate(arrivals: list[float], start: float) -> float:
    """Messages a second from `start` until the last of `arrivals`, which are sorted moments in seconds."""
    return len(arrivals) / (arrivals[-1] - start) if arrivals else 0.0


def table(figures: Iterable[Figure]) -> str:
    """A row for each name, a column for each subject."""
    rows: dict[str, dict[str, str]] = {}
    for figure in figures:
        row = rows.setdefault(f"{figure.name} ({figure.unit})", {})
        row[figure.subject] = f"{figure.value:.0f}" if figure.value >= 100 else f"{figure.value:.2f}"
    subjects = list(dict.fromkeys(subject for row in rows.values() for subject in row))
    width = max(map(len, rows), default=0)
    lines = [" " * width + "".join(f"{subject:>12}" for subject in subjects)]
    for name, row in rows.items():
        lines.append(f"{name:{width}}" + "".join(f"{row.get(subject, '-'):>12}" for subject in subjects))
    return "\n".join(lines)
