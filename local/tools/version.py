"""Version numbers as programs print them."""

import re


def parse_version(text: str) -> tuple[int, ...]:
    """The first version number in a text, as in `v3.259.0` or `go1.26`; empty where there is none."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()
