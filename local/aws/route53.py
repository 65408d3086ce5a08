"""Route 53 where moto's falls short: batches of changes are checked and applied as the real one does it."""

import re
from collections import Counter
from typing import Any

import moto.route53.urls
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.route53.exceptions import InvalidInput, Route53ClientError
from moto.route53.models import RecordSet
from moto.route53.responses import Route53

from .zones import LONGEST_CHARACTER_STRING, canonical_name, character_strings

# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat
_QUOTED_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*')


class Route53Operations(Route53):
    """moto's operations, with those that differ."""

    def create_hosted_zone(self) -> ActionResult:
        answer = super().create_hosted_zone()
        for record_set in answer.result["HostedZone"].rrsets:
            # moto nests the value of the SOA record one level too deep.
            record_set.records = [
                value["Value"] if isinstance(value, dict) else value for value in record_set.records
            ]
        return answer

    def change_resource_record_sets(self) -> ActionResult:
        zone = self.backend.get_hosted_zone(self._get_param("HostedZoneId"))
        record_sets, problems = apply_changes(zone.name, zone.rrsets, self._get_param("ChangeBatch.Changes"))
        if problems:
            raise Route53ClientError("InvalidChangeBatch", f"[{', '.join(problems)}]")
        zone.rrsets = record_sets
        # Each change is in force at once, so all of them can share one id.
        change = {"Id": "/change/C00000000000000000000", "Status": "INSYNC", "SubmittedAt": utcnow()}
        return ActionResult({"ChangeInfo": change})


def install() -> None:
    """Let moto answer with these operations."""
    for path in moto.route53.urls.url_paths:
        moto.route53.urls.url_paths[path] = Route53Operations.dispatch


def apply_changes(
    zone: str, record_sets: list[RecordSet], changes: list[dict[str, Any]]
) -> tuple[list[RecordSet], list[str]]:
    """Return the record sets after all changes, and what is wrong with the batch, in Route 53's words.

    A batch with anything wrong in it is to be refused as a whole.
    """
    after = {_key(record_set): record_set for record_set in record_sets}
    problems = []
    for change in changes:
        wanted = _parsed(change["ResourceRecordSet"])
        problem = _problem(zone, after, change["Action"], wanted)
        if problem:
            problems.append(problem)
        elif change["Action"] == "DELETE":
            del after[_key(wanted)]
        else:
            after[_key(wanted)] = wanted
    return list(after.values()), problems


def _key(record_set: RecordSet) -> tuple[str, str, str | None]:
    return canonical_name(record_set.name), record_set.type, record_set.set_identifier


def _parsed(given: dict[str, Any]) -> RecordSet:
    values = [record["Value"] for record in given.get("ResourceRecords") or []]
    return RecordSet({**given, "Name": given["Name"].rstrip(".") + ".", "ResourceRecords": values})


def _problem(
    zone: str, existing: dict[tuple[str, str, str | None], RecordSet], action: str, wanted: RecordSet
) -> str | None:
    if action not in ("CREATE", "UPSERT", "DELETE"):
        raise InvalidInput(f"Value '{action}' is not one of [CREATE, DELETE, UPSERT].")
    name = canonical_name(wanted.name)
    named = f"resource record set [name='{name}.', type='{wanted.type}']"
    present = existing.get(_key(wanted))
    if action == "DELETE":
        if present is None:
            return f"Tried to delete {named} but it was not found"
        if not _same(present, wanted):
            return f"Tried to delete {named} but the values provided do not match the current values"
        return None
    if action == "CREATE" and present is not None:
        return f"Tried to create {named} but it already exists"
    zone = canonical_name(zone)
    if name != zone and not name.endswith(f".{zone}"):
        return f"RRSet with DNS name {name}. is not permitted in zone {zone}."
    others = {key[1] for key in existing if key[0] == name and key[1] != wanted.type}
    if others and "CNAME" in {wanted.type, *others}:
        return (
            f"RRSet of type {wanted.type} with DNS name {name}. is not permitted as it conflicts with other records "
            f"with the same DNS name in zone {zone}."
        )
    return next(filter(None, map(_text_problem, wanted.records)), None) if wanted.type == "TXT" else None


def _same(present: RecordSet, wanted: RecordSet) -> bool:
    return (
        str(present.ttl) == str(wanted.ttl)
        and Counter(present.records) == Counter(wanted.records)
        and present.alias_target == wanted.alias_target
    )


def _text_problem(value: str) -> str | None:
    if not _QUOTED_STRINGS.fullmatch(value):
        return (
            "Invalid Resource Record: FATAL problem: InvalidCharacterString "
            f"(Value should be enclosed in quotation marks) encountered with '{value}'"
        )
    if any(len(string) > LONGEST_CHARACTER_STRING for string in character_strings(value)):
        return (
            "Invalid Resource Record: FATAL problem: CharacterStringTooLong "
            f"(Value is too long) encountered with '{value}'"
        )
    return None
