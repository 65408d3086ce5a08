"""Properties that take one of a few values."""

from collections.abc import Callable


def one_of(*choices: str) -> Callable[[str], str | None]:
    """A validation for a property that takes only these."""
    return lambda value: None if value in choices else f"expected one of {choices}, got {value}"


def between(least: int, most: int) -> Callable[[int], str | None]:
    """A validation for a number from `least` to `most`."""
    return lambda value: (
        None if least <= value <= most else f"expected a value from {least} to {most}, got {value}"
    )
