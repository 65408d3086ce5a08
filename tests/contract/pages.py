"""The pages of the documentation, and the blocks of code in them."""

from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*/README.md"),
        *(ROOT / folder / "README.md" for folder in ("bench", "policy", "tests")),
    ]
)


class Block(NamedTuple):
    """A block of code; `place` is its page's path from the root and its line."""

    page: Path
    place: str
    language: str
    code: str


def _blocks_of(page: Path) -> list[Block]:
    return [
        Block(page, f"{page.relative_to(ROOT)}:{token.map[0] + 1}", token.info, token.content)
        for token in MarkdownIt("commonmark").parse(page.read_text())
        # Those in braces are not code but orders to the site's generator.
        if token.type in ("fence", "code_block") and not token.info.startswith("{")
    ]


BLOCKS = [block for page in PAGES for block in _blocks_of(page)]
