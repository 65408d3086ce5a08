"""SPF: one record merged with what a domain already says, within the look-ups that receivers make.

https://www.rfc-editor.org/rfc/rfc7208
"""

import re
from collections.abc import Callable, Sequence

from .image.relay.invalid_setting import InvalidSetting

_VERSION = "v=spf1"
MAX_LOOKUPS = 10
"""How many DNS look-ups a receiver makes before it gives up: https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4"""

# Mechanisms, and the one modifier, that cost a look-up.
_LOOKUP = re.compile(
    r"[+?~-]?(?:(include):(\S+)|(redirect)=(\S+)|(?:a|mx|ptr|exists)(?=[:/]|\Z)\S*)", re.IGNORECASE
)
_ALL = re.compile(r"[+?~-]?all", re.IGNORECASE)


def is_spf(text: str) -> bool:
    """Whether a TXT value is an SPF record."""
    return text.split(" ", 1)[0].lower() == _VERSION


def merged_spf(texts: Sequence[str], include: str) -> str:
    """The SPF record that says what the one among `texts` says, and lets the servers of `include` send.

    Without one, a new record ends in `~all`. Raises InvalidSetting for more than one, which receivers take for an
    error, and for one that allows everybody.
    """
    records = [text for text in texts if is_spf(text)]
    if len(records) > 1:
        raise InvalidSetting(
            "apex_spf", "cannot be merged: DNS shows more than one SPF record", "remove all but one of them"
        )
    if not records:
        return f"{_VERSION} include:{include} ~all"
    terms = records[0].split()[1:]
    if any(term.lower() in ("all", "+all") for term in terms):
        raise InvalidSetting(
            "apex_spf",
            "cannot be merged: the record lets everybody send",
            "end it in ~all or -all",
            repr(records[0]),
        )
    if f"include:{include}" in (term.lower().lstrip("+") for term in terms):
        return records[0]
    end = next((i for i, term in enumerate(terms) if _ALL.fullmatch(term) or "=" in term), len(terms))
    return " ".join([_VERSION, *terms[:end], f"include:{include}", *terms[end:]])


def check_lookups(record: str, look_up: Callable[[str], Sequence[str]]) -> None:
    """Raise InvalidSetting when following `record` takes more than MAX_LOOKUPS; `look_up` gives a name's TXT texts."""
    needed = _lookups(record, look_up, set())
    if needed > MAX_LOOKUPS:
        raise InvalidSetting(
            "apex_spf",
            f"would take {needed} DNS look-ups, and receivers make at most {MAX_LOOKUPS}",
            "replace an include by the addresses it stands for, or remove a sender that is no longer used",
            repr(record),
        )


def _lookups(record: str, look_up: Callable[[str], Sequence[str]], seen: set[str]) -> int:
    count = 0
    for term in record.split()[1:]:
        if not (found := _LOOKUP.fullmatch(term)):
            continue
        count += 1
        target = (found[2] or found[4] or "").lower()
        # A macro stands for a name that only a message knows; a name seen before may lead in a circle.
        if target and "%" not in target and target not in seen:
            seen.add(target)
            inner = [text for text in look_up(target) if is_spf(text)]
            count += sum(_lookups(text, look_up, seen) for text in inner)
    return count
