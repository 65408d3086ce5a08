"""The TXT values of a domain itself, with SES added to its SPF record."""

import asyncio

import dns.exception
import pulumi

from .arguments import InvalidArgument, checked
from .dns import Lookup
from .ses_records import SPF_INCLUDE
from .spf import check_lookups, is_spf, merged_spf


class ApexTexts:
    """What DNS shows at a domain when the program runs, and what it is to show.

    Raises InvalidArgument, in what waits for it: when the domain, or what its SPF record includes, cannot be looked up,
    and for an SPF record that cannot be merged or would take receivers too many look-ups.
    """

    spf: pulumi.Output[str]
    """The SPF record with SES in it."""
    others: pulumi.Output[list[str]]
    """The other TXT values, which share the name and so the record."""

    def __init__(self, domain: pulumi.Input[str], lookup: Lookup):
        self._lookup = lookup
        texts = pulumi.Output.from_input(domain).apply(lambda name: asyncio.to_thread(self._shown, name))
        self.spf = texts.apply(self._merge)
        self.others = texts.apply(lambda known: [text for text in known if not is_spf(text)])

    def _shown(self, name: str) -> list[str]:
        try:
            return self._lookup.shown(name, "TXT")
        except dns.exception.DNSException as error:
            raise InvalidArgument(
                "SesDomain", "apex_spf", f"what {name!r} says now cannot be looked up ({error}): try again"
            ) from None

    async def _merge(self, texts: list[str]) -> str:
        def merge(known: list[str]) -> str:
            merged = merged_spf(known, SPF_INCLUDE)
            check_lookups(merged, self._shown)
            return merged

        return await asyncio.to_thread(checked, "SesDomain", "apex_spf", texts, merge)
