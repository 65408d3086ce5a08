"""A DMARC policy as text for DNS, checked so that a receiver can follow it. Pure text, no I/O.

https://www.rfc-editor.org/rfc/rfc7489#section-6.3
"""

import re
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from .image.relay.invalid_setting import InvalidSetting

_POLICIES = ("none", "quarantine", "reject")
_ALIGNMENTS = ("r", "s")
_FAILURES = ("0", "1", "d", "s")

# mailto:, an address, and the largest report that it takes, as in mailto:reports@example.com!10m
_REPORT_ADDRESS = re.compile(
    r"(?:mailto:)?(?P<address>[a-z0-9.+_=~-]+@(?P<domain>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}))"
    r"(?P<limit>![0-9]+[kmgt]?)?",
    re.IGNORECASE,
)


class DmarcPolicy(TypedDict):
    """What receivers do with mail that claims the domain and is not from it, and whom they tell.

    Begin with `none` and read the reports for some weeks; then `quarantine` with a rising `pct`; then `reject`:
    docs/dmarc.md has the steps.
    """

    p: NotRequired[str]
    """`none` (only report), `quarantine` (into the spam folder) or `reject`. Defaults to `none`."""
    sp: NotRequired[str]
    """The same for sub-domains. Defaults to `p`."""
    pct: NotRequired[int]
    """The share of failing mail that `p` and `sp` are applied to, in percent. Defaults to `100`."""
    adkim: NotRequired[str]
    """Whether a DKIM signature of a sub-domain counts: `r` (it does) or `s`. Defaults to `r`."""
    aspf: NotRequired[str]
    """Whether a MAIL FROM of a sub-domain counts: `r` (it does) or `s`. Defaults to `r`."""
    rua: NotRequired[list[str]]
    """Addresses that get daily aggregate reports. One in a foreign domain works only when that domain agrees: see
    `report_authorisations`."""
    ruf: NotRequired[list[str]]
    """Addresses that get reports of single failures; few receivers send them."""
    fo: NotRequired[list[str]]
    """When a failure is reported: `0` (nothing passed), `1` (something failed), `d` (DKIM), `s` (SPF). Needs `ruf`.
    Defaults to `0`."""
    ri: NotRequired[int]
    """Seconds between aggregate reports. Needs `rua`. Defaults to `86400`."""


def dmarc_value(policy: Mapping[str, Any]) -> str:
    """The text of the TXT record for a policy. Raises InvalidSetting."""
    tags = _checked_tags(policy)
    order = [key for key in DmarcPolicy.__annotations__ if key in tags]
    return "; ".join(["v=DMARC1", *(f"{key}={tags[key]}" for key in order)])


def report_authorisations(policy: Mapping[str, Any], domain: str) -> list[str]:
    """Names at which foreign domains must publish the TXT `v=DMARC1` before reports about `domain` are sent there.

    https://www.rfc-editor.org/rfc/rfc7489#section-7.1
    """
    addresses = [*policy.get("rua", []), *policy.get("ruf", [])]
    receivers = {_parsed(address, "dmarc")["domain"].lower() for address in addresses}
    return sorted(
        f"{domain}._report._dmarc.{receiver}" for receiver in receivers if _is_foreign(receiver, domain)
    )


def _is_foreign(receiver: str, domain: str) -> bool:
    return not (f".{receiver}".endswith(f".{domain}") or f".{domain}".endswith(f".{receiver}"))


def _checked_tags(policy: Mapping[str, Any]) -> dict[str, str]:
    tags = {"p": _choice("p", policy.get("p", "none"), _POLICIES)}
    for key, choices in (("sp", _POLICIES), ("adkim", _ALIGNMENTS), ("aspf", _ALIGNMENTS)):
        if key in policy:
            tags[key] = _choice(key, policy[key], choices)
    if "pct" in policy:
        tags["pct"] = _number("pct", policy["pct"], 1, 100)
        if tags["p"] == tags.get("sp", "none") == "none" and tags["pct"] != "100":
            raise InvalidSetting(
                "dmarc.pct", "has no effect on p=none", "leave it out, or raise p", tags["pct"]
            )
    if "ri" in policy:
        tags["ri"] = _number("ri", policy["ri"], 3600, 2**32 - 1)
        _needs("ri", "rua", policy)
    if policy.get("fo"):
        tags["fo"] = ":".join(_choice("fo", value, _FAILURES) for value in policy["fo"])
        _needs("fo", "ruf", policy)
    for key in ("rua", "ruf"):
        if policy.get(key):
            tags[key] = ",".join(_report_uri(address, f"dmarc.{key}") for address in policy[key])
    return tags


def _needs(key: str, other: str, policy: Mapping[str, Any]) -> None:
    if not policy.get(other):
        raise InvalidSetting(f"dmarc.{key}", f"says nothing without {other}", f"add {other}, or leave it out")


def _choice(key: str, value: object, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise InvalidSetting(f"dmarc.{key}", "is unknown", f"use one of {', '.join(choices)}", repr(value))
    return str(value)


def _number(key: str, value: object, least: int, most: int) -> str:
    # Numbers from other Pulumi languages arrive as floats.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != int(value)
        or not least <= value <= most
    ):
        raise InvalidSetting(
            f"dmarc.{key}", "is out of range", f"use a whole number from {least} to {most}", repr(value)
        )
    return str(int(value))


def _report_uri(address: object, field: str) -> str:
    parsed = _parsed(address, field)
    return f"mailto:{parsed['address']}{parsed['limit'] or ''}"


def _parsed(address: object, field: str) -> re.Match[str]:
    parsed = _REPORT_ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if not parsed:
        raise InvalidSetting(
            field, "is not a mail address", "give one such as dmarc@example.com", repr(address)
        )
    return parsed
