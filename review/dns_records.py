"""The DNS records that a preview changes, those that the stack writes itself and those that somebody has to paste."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .change import UNKNOWN, Change
from .preview import Preview

_DOMAIN = "opensmtpd:index:SesDomain"
_ROUTE53 = "aws:route53/record:Record"
_LINE = re.compile(r"(?P<name>\S+)\. (?P<ttl>\d+) IN (?P<type>[A-Z]+) (?P<value>.*)")
_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class RecordChange:
    """One record before and after."""

    name: str
    type: str
    old: str
    """Its value; empty where there was none."""
    new: str
    """Its value; empty where there will be none."""
    line: str = ""
    """The new record as a line of a zone file, where somebody has to paste it."""
    why: str = ""


@dataclass(frozen=True)
class ManualRecords:
    """What is to be done at the DNS provider for one domain."""

    changes: tuple[RecordChange, ...]
    are_known: bool
    """Whether the preview knows them: SES makes DKIM tokens during the update."""


def written(preview: Preview) -> Iterator[RecordChange]:
    """The records in Route 53 that change."""
    for change in preview.of(_ROUTE53):
        if change.operation == "same":
            continue
        old, new = (_text(state.get("records")) for state in (change.old, change.new))
        if change.operation == "delete":
            new = ""
        state = change.new if change.new.inputs else change.old
        if old != new:
            yield RecordChange(str(state.get("name") or ""), str(state.get("type") or ""), old, new)


def manual(preview: Preview) -> list[ManualRecords]:
    """What somebody has to do, for each domain whose records the stack does not write."""
    found = []
    for domain in preview.of(_DOMAIN) if preview.has_outputs else ():
        records = _records_in(domain, preview)
        if all(record.operation == "delete" for record in records):
            found.append(_manual(domain, were_written=bool(records)))
    return found


def all_changes(preview: Preview) -> list[RecordChange]:
    """The records that change, whoever writes them."""
    return [*written(preview), *(change for domain in manual(preview) for change in domain.changes)]


def _records_in(domain: Change, preview: Preview) -> list[Change]:
    """The records of a domain that are resources: of Route 53, or of whatever else its program writes them to."""
    inside = f"{domain.urn.rsplit('::', 1)[0]}$"
    return [
        change
        for change in preview.changes
        if change.urn.startswith(inside) and "record" in change.type.lower()
    ]


def _manual(domain: Change, *, were_written: bool) -> ManualRecords:
    snippets = [state.outputs.get("zone_snippet") for state in (domain.old, domain.new)]
    are_known = domain.operation == "delete" or (bool(snippets[1]) and snippets[1] != UNKNOWN)
    if not are_known:
        return ManualRecords((), are_known=False)
    old, new = (dict(_parsed(snippet or "")) for snippet in snippets)
    if were_written:
        old = {}  # the stack deletes them: whoever takes over adds all
    if domain.operation == "delete":
        new = {}
    changes = []
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        shown = after or old[key]
        if (before and before.new) != (after and after.new):
            changes.append(
                RecordChange(
                    *key,
                    old=before.new if before else "",
                    new=after.new if after else "",
                    line=after.line if after else "",
                    why=shown.why,
                )
            )
    return ManualRecords(tuple(changes), are_known=True)


def _parsed(snippet: str) -> Iterator[tuple[tuple[str, str], RecordChange]]:
    why = ""
    for line in snippet.splitlines():
        if line.startswith("; "):
            why = line[2:]
        elif found := _LINE.fullmatch(line):
            value = "".join(_STRINGS.findall(found["value"])) if found["type"] == "TXT" else found["value"]
            yield (
                (found["name"], found["type"]),
                RecordChange(found["name"], found["type"], "", value, line, why),
            )


def _text(records: object) -> str:
    return ", ".join(map(str, records)) if isinstance(records, list) else ""
