"""aws:route53/record:Record"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import AwsResourceType
from local.plugins.aws.client import AwsError
from local.plugins.errors import OperationError
from local.plugins.property import Failure, Property, not_implemented

# As the SDK's RecordType.
_TYPES = (
    *("A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP"),
    *("SVCB", "TLSA", "TXT"),
)
_SYNC_TIMEOUT_SECONDS = 30 * 60
_SYNC_DELAY_SECONDS = 2
_GONE = ("NoSuchHostedZone",)


def _check_type(value: str) -> str | None:
    return None if value in _TYPES else f"expected type to be one of {_TYPES}, got {value}"


def clean_name(name: str) -> str:
    """A name as the state has it: lower case, no dot at the end, the asterisk not escaped."""
    return name.rstrip(".").lower().replace("\\052", "*")


def full_name(name: str, zone: str) -> str:
    """The name that is sent: with the zone's name at the end unless the text ends with it already."""
    name, zone = clean_name(name), clean_name(zone)
    if not name:
        return zone
    # A plain comparison of texts, not of labels: so does the real provider.
    return name if name.endswith(zone) else f"{name}.{zone}"


def _same_name(old: str, new: str) -> bool:
    return clean_name(old) == clean_name(new)


class Record(AwsResourceType):
    """A record set. Creating one that exists fails, unless `allowOverwrite` is set."""

    token = "aws:route53/record:Record"  # noqa: S105
    properties: ClassVar = {
        "zoneId": Property(str, required=True, replaces=True),
        "name": Property(str, required=True, replaces=True, equal=_same_name),
        "type": Property(str, required=True, validate=_check_type),
        "ttl": Property(int, conflicts=("aliases",)),
        "records": Property(list, element=Property(str), as_set=True, conflicts=("aliases",)),
        "aliases": Property(
            list,
            conflicts=("records", "ttl"),
            element=Property(
                dict,
                properties={
                    "name": Property(str, required=True, equal=_same_name),
                    "zoneId": Property(str, required=True),
                    "evaluateTargetHealth": Property(bool, required=True),
                },
            ),
        ),
        "setIdentifier": Property(str),
        "healthCheckId": Property(str),
        "multivalueAnswerRoutingPolicy": Property(bool),
        "allowOverwrite": Property(bool, computed=True),
        "fqdn": Property(str, output_only=True),
        **not_implemented(
            "cidrRoutingPolicy",
            "failoverRoutingPolicies",
            "geolocationRoutingPolicies",
            "geoproximityRoutingPolicy",
            "latencyRoutingPolicies",
            "weightedRoutingPolicies",
        ),
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """Either records with a TTL, or an alias."""
        if inputs.get("records") is None and inputs.get("aliases") is None:
            yield Failure(
                "records", "Invalid combination of arguments. One of `aliases,records` must be specified"
            )
        if inputs.get("records") is not None and inputs.get("ttl") is None:
            yield Failure("ttl", "Missing required argument. All of `records,ttl` must be specified")

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the record set and wait until every name server has it."""
        action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
        self._submit("creating Route53 Record", inputs["zoneId"], [(action, self._record_set(inputs))])
        parts = [inputs["zoneId"], clean_name(inputs["name"]), inputs["type"]]
        if inputs.get("setIdentifier"):
            parts.append(inputs["setIdentifier"])
        return "_".join(parts), {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Find the record set. Zone, name and type are taken from the program or the id, not read."""
        known = known if known.get("zoneId") else _parsed(resource_id)
        zone = self._zone("reading Route53 Record", known["zoneId"], absent=_GONE)
        found = zone and self._find(known, zone)
        if not found:
            return None
        alias = found.get("AliasTarget")
        return {
            "zoneId": known["zoneId"],
            "name": clean_name(known["name"]),
            "type": known["type"],
            "fqdn": full_name(known["name"], zone),
            "ttl": found.get("TTL"),
            "records": [_read_value(known["type"], r["Value"]) for r in found.get("ResourceRecords", [])]
            or None,
            "aliases": alias
            and [
                {
                    "name": clean_name(alias["DNSName"]),
                    "zoneId": alias["HostedZoneId"],
                    "evaluateTargetHealth": alias["EvaluateTargetHealth"],
                }
            ],
            "setIdentifier": found.get("SetIdentifier"),
            "healthCheckId": found.get("HealthCheckId"),
            "multivalueAnswerRoutingPolicy": found.get("MultiValueAnswer"),
            "allowOverwrite": known.get("allowOverwrite"),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Write the set; another type or set identifier removes the old set in the same batch."""
        new = self._record_set(inputs)
        changes = [("UPSERT", new)]
        same_set = all(old_outputs.get(name) == inputs.get(name) for name in ("type", "setIdentifier"))
        if not same_set:
            zone = self._zone("updating Route53 Record", inputs["zoneId"])
            old = self._find(old_outputs, zone)
            action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
            changes = [*([("DELETE", old)] if old else []), (action, new)]
        self._submit("updating Route53 Record", inputs["zoneId"], changes)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the set as it is now, whatever the state says."""
        zone = self._zone("deleting Route53 Record", outputs["zoneId"], absent=_GONE)
        found = zone and self._find(outputs, zone)
        if found:
            self._submit(
                "deleting Route53 Record",
                outputs["zoneId"],
                [("DELETE", found)],
                absent=(*_GONE, "InvalidChangeBatch"),
            )

    def _record_set(self, inputs: dict[str, Any]) -> dict[str, Any]:
        zone = self._zone("reading Route53 Hosted Zone", inputs["zoneId"])
        record_set = {
            "Name": full_name(inputs["name"], zone),
            "Type": inputs["type"],
            "TTL": inputs.get("ttl"),
            "SetIdentifier": inputs.get("setIdentifier") or None,
            "HealthCheckId": inputs.get("healthCheckId") or None,
            "MultiValueAnswer": inputs.get("multivalueAnswerRoutingPolicy") or None,
        }
        if inputs.get("records"):
            record_set["ResourceRecords"] = [
                {"Value": _written_value(inputs["type"], value)} for value in inputs["records"]
            ]
        for alias in inputs.get("aliases") or ():
            record_set["AliasTarget"] = {
                "DNSName": clean_name(alias["name"]),
                "HostedZoneId": alias["zoneId"],
                "EvaluateTargetHealth": alias["evaluateTargetHealth"],
            }
        return {name: value for name, value in record_set.items() if value is not None}

    def _find(self, wanted: dict[str, Any], zone: str) -> dict[str, Any] | None:
        name = full_name(wanted["name"], zone)
        answer = self.client.call(
            "reading Route53 Record",
            "route53",
            "list_resource_record_sets",
            HostedZoneId=wanted["zoneId"],
            StartRecordName=name,
            StartRecordType=wanted["type"],
        )
        for record_set in answer["ResourceRecordSets"]:
            same = clean_name(record_set["Name"]) == name and record_set["Type"] == wanted["type"]
            if same and record_set.get("SetIdentifier", "") == (wanted.get("setIdentifier") or ""):
                return record_set
        return None

    def _zone(self, doing: str, zone_id: str, absent: tuple[str, ...] = ()) -> str | None:
        answer = self.client.call(doing, "route53", "get_hosted_zone", absent=absent, Id=zone_id)
        return answer and clean_name(answer["HostedZone"]["Name"])

    def _submit(
        self, doing: str, zone_id: str, changes: list[tuple[str, Any]], absent: tuple[str, ...] = ()
    ) -> None:
        try:
            answer = self.client.call(
                doing,
                "route53",
                "change_resource_record_sets",
                absent=absent,
                HostedZoneId=zone_id,
                ChangeBatch={
                    "Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
                },
            )
        except AwsError as error:
            if error.code != "InvalidChangeBatch":
                raise
            # The API packs its messages into brackets.
            raise OperationError(f"{doing}: InvalidChangeBatch: {error.reason.strip('[]')}") from error
        if answer:
            wait_until_in_sync(self, doing, answer["ChangeInfo"])


def wait_until_in_sync(resource_type: AwsResourceType, doing: str, change: dict[str, Any]) -> None:
    """Wait until Route 53 has given a change to all its name servers."""
    left = _SYNC_TIMEOUT_SECONDS
    while change["Status"] != "INSYNC":
        change_id = change["Id"].removeprefix("/change/")
        change = resource_type.client.call(doing, "route53", "get_change", Id=change_id)["ChangeInfo"]
        if change["Status"] == "INSYNC":
            return
        if left <= 0 or resource_type.cancelled.wait(_SYNC_DELAY_SECONDS):
            raise OperationError(f"{doing}: waiting for synchronization: still {change['Status']}")
        left -= _SYNC_DELAY_SECONDS


def _written_value(record_type: str, value: str) -> str:
    return f'"{value}"' if record_type in ("TXT", "SPF") else value


def _read_value(record_type: str, value: str) -> str:
    if record_type in ("TXT", "SPF"):
        return value.removeprefix('"').removesuffix('"')
    return value


def _parsed(resource_id: str) -> dict[str, str]:
    """What an import id says: `<zone id>_<name>_<TYPE>` and perhaps `_<set identifier>`."""
    match = re.fullmatch(rf"([^_]+)_(.*?)_({'|'.join(_TYPES)})(?:_(.+))?", resource_id)
    if not match:
        raise OperationError(f"unexpected format of ID ({resource_id}), expected ZONEID_RECORDNAME_TYPE")
    zone_id, name, record_type, set_identifier = match.groups()
    parsed = {"zoneId": zone_id, "name": name, "type": record_type}
    return {**parsed, "setIdentifier": set_identifier} if set_identifier else parsed
