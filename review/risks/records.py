"""What a change does to the DNS records of a domain."""

from collections.abc import Iterator

from ..dns_records import all_changes
from ..markdown import code
from ..preview import Preview
from ..risk import Risk, Weight
from .domain import IDENTITIES

_POLICIES = ("none", "quarantine", "reject")


def dmarc_changed(preview: Preview) -> Iterator[Risk]:
    """A policy that more mail falls under, or none any more."""
    for record in all_changes(preview):
        if record.type != "TXT" or not record.name.startswith("_dmarc."):
            continue
        if record.old and not record.new:
            yield Risk(
                Weight.STOPS_MAIL,
                f"The DMARC record of {code(record.name.removeprefix('_dmarc.'))} goes",
                "Gmail, Yahoo and Outlook refuse bulk mail from a domain without one.",
                "Keep it, at least with `p=none`.",
            )
        elif record.old and _strictness(record.new) > _strictness(record.old):
            yield Risk(
                Weight.STOPS_MAIL,
                f"DMARC is tightened: {code(_said(record.old))} becomes {code(_said(record.new))}",
                "Receivers then put aside or refuse what passes neither SPF nor DKIM in the domain's "
                "name: also mail of "
                "other services that send for it (newsletters, invoices, calendars).",
                "Read the aggregate reports (`rua`) of some weeks first: nothing that is yours may "
                "fail. Raise `pct` step by step.",
            )


def record_lost(preview: Preview) -> Iterator[Risk]:
    """A record without which mail fails, while the identity stays."""
    if any(change.is_lost for change in preview.of(*IDENTITIES)):
        return  # that is said already, and the records have to change with it
    for record in all_changes(preview):
        if record.new or record.name.startswith("_dmarc."):
            continue
        if "._domainkey." in record.name:
            what, why = (
                "DKIM",
                "SES stops to trust the domain within 72 hours, and unsigned mail fails DMARC.",
            )
        elif record.type == "MX":
            what, why = "MX", "Bounces find no way back to SES, and SES gives the MAIL FROM domain up."
        elif record.old.startswith("v=spf1") or '"v=spf1' in record.old:
            what, why = "SPF", "Receivers do not see that SES may send for the domain."
        else:
            continue
        yield Risk(
            Weight.STOPS_MAIL,
            f"The {what} record {code(record.name)} is deleted",
            why,
            "If DNS moves elsewhere, add the record there before this is merged.",
        )


def _strictness(value: str) -> tuple[int, int]:
    tags = _tags(value)
    policy = tags.get("p", "none")
    share = tags.get("pct", "100")
    level = _POLICIES.index(policy) if policy in _POLICIES else 0
    return level, int(share) if share.isdigit() and level else 100


def _said(value: str) -> str:
    tags = _tags(value)
    return "; ".join(f"{tag}={tags[tag]}" for tag in ("p", "pct") if tag in tags)


def _tags(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in value.strip('"').split(";"))
    return {name.strip().lower(): text.strip().lower() for name, _, text in pairs}


RULES = (dmarc_changed, record_lost)
