"""The rules that look for risks, each from a preview to the risks in it."""

from collections.abc import Callable, Iterator

from ..preview import Preview
from ..risk import Risk
from . import credentials, domain, protection, queue, records, relay

_RULES: tuple[Callable[[Preview], Iterator[Risk]], ...] = (
    *domain.RULES,
    *records.RULES,
    *credentials.RULES,
    *relay.RULES,
    *queue.RULES,
    *protection.RULES,
)


def find(preview: Preview) -> list[Risk]:
    """All risks of a preview, the heaviest first."""
    found = {risk for rule in _RULES for risk in rule(preview)}
    return sorted(found, key=lambda risk: (risk.weight, risk.title))
