"""Writes Markdown of GitHub in which no value can be more than text.

https://github.github.com/gfm/
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_LONGEST_VALUE = 300
# Control characters, invisible ones, ones that turn the direction of writing, and what is no character at all.
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def code(value: object) -> str:
    """A value, visible as it is. In `<code>` nobody is mentioned and nothing is linked; entities end every syntax."""
    text = visible(shortened(str(value)))
    return f"<code>{''.join(_inert(character) for character in text)}</code>" if text else "(empty)"


def plain(text: str) -> str:
    """One line of text that may have come from elsewhere, in the middle of ours."""
    return code(" ".join(text.split()))


def block(lines: Iterable[str], language: str = "") -> list[str]:
    """A block of lines to be read or copied as they are."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *shown, fence]


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    return [_row(heading), _row(["---"] * len(heading)), *map(_row, rows)]


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counted(number: int, thing: str) -> str:
    """`1 record`, `2 records`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def visible(text: str) -> str:
    """The same on one line, with escapes for what would not be seen."""
    return "".join(
        character if unicodedata.category(character) not in _UNPRINTABLE else f"\\u{{{ord(character):x}}}"
        for character in text
    )


def shortened(text: str, most: int = _LONGEST_VALUE) -> str:
    """The beginning of a text, and that it is the beginning."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def _inert(character: str) -> str:
    return character if character.isalnum() or character == " " else f"&#{ord(character)};"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
