"""Reads the tables of the documentation that the contract tests compare with the code."""

import re
from pathlib import Path

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts.md"


def table(name: str, document: Path = CONTRACTS) -> list[list[str]]:
    """The cells of the table between `<!-- name` and `<!-- end`, row by row, without heading and backticks."""
    text = re.search(rf"<!-- {name}.*?-->\n(.*?)<!-- end", document.read_text(), re.DOTALL)[1]
    return [
        [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        for row in text.splitlines()[2:]
    ]
