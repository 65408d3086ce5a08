"""aws:route53/zone:Zone"""

import uuid
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import TAGS, TAGS_ALL, AwsResourceType, as_dict, as_list
from local.plugins.aws.record import clean_name, wait_until_in_sync
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Property, not_implemented

_GONE = ("NoSuchHostedZone",)


def _same_name(old: str, new: str) -> bool:
    return clean_name(old) == clean_name(new)


class Zone(AwsResourceType):
    """A public hosted zone. A second one of the same name is no error: Route 53 allows it."""

    token = "aws:route53/zone:Zone"  # noqa: S105
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True, equal=_same_name),
        "comment": Property(str, default="Managed by Pulumi"),
        "delegationSetId": Property(str, replaces=True),
        "forceDestroy": Property(bool, default=False),
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "nameServers": Property(list, element=Property(str), output_only=True),
        "primaryNameServer": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        "zoneId": Property(str, output_only=True),
        **not_implemented("enableAcceleratedRecovery", "vpcs"),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the zone, then tag it: Route 53 takes no tags with the creation."""
        doing = f"creating Route53 Hosted Zone ({inputs['name']})"
        created = self.client.call(
            doing,
            "route53",
            "create_hosted_zone",
            Name=inputs["name"],
            CallerReference=uuid.uuid4().hex,
            HostedZoneConfig={"Comment": inputs["comment"]},
            DelegationSetId=inputs.get("delegationSetId"),
        )
        zone_id = created["HostedZone"]["Id"].removeprefix("/hostedzone/")
        try:
            wait_until_in_sync(self, doing, created["ChangeInfo"])
            self._write_tags(zone_id, {}, inputs)
        except OperationError as error:
            raise PartialCreate(zone_id, inputs, [str(error)]) from error
        return zone_id, {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the zone and its tags."""
        found = self._call("reading", "get_hosted_zone", resource_id, absent=_GONE, Id=resource_id)
        if found is None:
            return None
        zone = found["HostedZone"]
        tags = self._call(
            "listing tags for",
            "list_tags_for_resource",
            resource_id,
            ResourceType="hostedzone",
            ResourceId=resource_id,
        )
        servers = found.get("DelegationSet", {}).get("NameServers", [])
        return {
            "name": clean_name(zone["Name"]),
            "comment": zone.get("Config", {}).get("Comment", ""),
            "delegationSetId": found.get("DelegationSet", {}).get("Id"),
            "forceDestroy": known.get("forceDestroy"),
            "arn": self.client.arn("route53", f"hostedzone/{resource_id}", region=""),
            "nameServers": sorted(servers),
            "primaryNameServer": servers[0] if servers else None,
            "zoneId": resource_id,
            **self.tags_of(as_dict(tags["ResourceTagSet"]["Tags"]), known),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Change the comment and the tags."""
        if inputs["comment"] != old_outputs.get("comment"):
            self._call(
                "updating",
                "update_hosted_zone_comment",
                resource_id,
                Id=resource_id,
                Comment=inputs["comment"],
            )
        self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the zone; with `forceDestroy` its records first, else AWS refuses while there are any."""
        if outputs.get("forceDestroy"):
            self._delete_records(resource_id, outputs["name"])
        self._call("deleting", "delete_hosted_zone", resource_id, absent=_GONE, Id=resource_id)

    def _delete_records(self, zone_id: str, zone: str) -> None:
        answer = self._call(
            "deleting", "list_resource_record_sets", zone_id, absent=_GONE, HostedZoneId=zone_id
        )
        changes = [
            {"Action": "DELETE", "ResourceRecordSet": record_set}
            for record_set in (answer or {}).get("ResourceRecordSets", ())
            if record_set["Type"] not in ("NS", "SOA") or clean_name(record_set["Name"]) != clean_name(zone)
        ]
        if changes:
            self._call(
                "deleting",
                "change_resource_record_sets",
                zone_id,
                HostedZoneId=zone_id,
                ChangeBatch={"Changes": changes},
            )

    def _write_tags(self, zone_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        removed, set_ = self.tag_changes(old_outputs, inputs)
        if removed or set_:
            self._call(
                "tagging",
                "change_tags_for_resource",
                zone_id,
                ResourceType="hostedzone",
                ResourceId=zone_id,
                RemoveTagKeys=removed or None,
                AddTags=as_list(set_) or None,
            )

    def _call(self, verb: str, operation: str, zone_id: str, **parameters: Any) -> Any:
        return self.client.call(f"{verb} Route53 Hosted Zone ({zone_id})", "route53", operation, **parameters)
