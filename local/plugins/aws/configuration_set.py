"""aws:sesv2/configurationSet:ConfigurationSet"""

from collections.abc import Mapping
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import (
    REGION,
    TAGS,
    TAGS_ALL,
    AwsResourceType,
    as_dict,
    as_list,
)
from local.plugins.property import Property

_GONE = ("NotFoundException",)


def _block(computed: bool = False, **properties: Property) -> Property:
    return Property(dict, computed=computed, properties=properties)


class ConfigurationSet(AwsResourceType):
    """Rules for the mail of an identity: TLS, suppression, reputation and so on."""

    token = "aws:sesv2/configurationSet:ConfigurationSet"  # noqa: S105
    properties: ClassVar = {
        "configurationSetName": Property(str, required=True, replaces=True),
        "deliveryOptions": _block(
            maxDeliverySeconds=Property(int), sendingPoolName=Property(str), tlsPolicy=Property(str)
        ),
        "reputationOptions": _block(
            computed=True,
            reputationMetricsEnabled=Property(bool, computed=True),
            lastFreshStart=Property(str, output_only=True),
        ),
        "sendingOptions": _block(computed=True, sendingEnabled=Property(bool, computed=True)),
        "suppressionOptions": _block(suppressedReasons=Property(list, element=Property(str))),
        "trackingOptions": _block(
            customRedirectDomain=Property(str, required=True), httpsPolicy=Property(str)
        ),
        "vdmOptions": _block(
            dashboardOptions=_block(engagementMetrics=Property(str)),
            guardianOptions=_block(optimizedSharedDelivery=Property(str)),
        ),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the set with all its blocks."""
        blocks = {_api_name(name): _to_api(inputs[name]) for name in _PUT_OPERATIONS if inputs.get(name)}
        self._call(
            "creating",
            "create_configuration_set",
            inputs,
            Tags=as_list(self.client.all_tags(inputs.get("tags"))) or None,
            **blocks,
        )
        return inputs["configurationSetName"], {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the set and its tags."""
        known = {"configurationSetName": resource_id, "region": self.client.region, **known}
        found = self._call("reading", "get_configuration_set", known, absent=_GONE)
        if found is None:
            return None
        arn = self.client.arn("ses", f"configuration-set/{resource_id}", known["region"])
        tags = self.client.call(
            f"listing tags for SESv2 (Simple Email V2) Configuration Set ({resource_id})",
            "sesv2",
            "list_tags_for_resource",
            region=known["region"],
            ResourceArn=arn,
        )
        blocks = {name: _from_api(found.get(_api_name(name))) for name in _PUT_OPERATIONS}
        return {
            "configurationSetName": resource_id,
            "region": known["region"],
            "arn": arn,
            **blocks,
            **self.tags_of(as_dict(tags["Tags"]), known),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Put each block that changed; a removed one is put empty, which resets it."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        for name, operation in _PUT_OPERATIONS.items():
            if name not in changed:
                continue
            parameters = _to_api(inputs.get(name) or {})
            if name == "vdmOptions":
                parameters = {"VdmOptions": parameters}
            self._call("updating", operation, inputs, **parameters)
        removed, set_ = self.tag_changes(old_outputs, inputs)
        doing = f"tagging SESv2 (Simple Email V2) Configuration Set ({resource_id})"
        arn = self.client.arn("ses", f"configuration-set/{resource_id}", inputs["region"])
        target = {"region": inputs["region"], "ResourceArn": arn}
        if removed:
            self.client.call(doing, "sesv2", "untag_resource", TagKeys=removed, **target)
        if set_:
            self.client.call(doing, "sesv2", "tag_resource", Tags=as_list(set_), **target)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the set, and its event destinations with it."""
        self._call("deleting", "delete_configuration_set", outputs, absent=_GONE)

    def _call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        name = values["configurationSetName"]
        return self.client.call(
            f"{verb} SESv2 (Simple Email V2) Configuration Set ({name})",
            "sesv2",
            operation,
            region=values["region"],
            ConfigurationSetName=name,
            **parameters,
        )


_PUT_OPERATIONS = {
    "deliveryOptions": "put_configuration_set_delivery_options",
    "reputationOptions": "put_configuration_set_reputation_options",
    "sendingOptions": "put_configuration_set_sending_options",
    "suppressionOptions": "put_configuration_set_suppression_options",
    "trackingOptions": "put_configuration_set_tracking_options",
    "vdmOptions": "put_configuration_set_vdm_options",
}


def _api_name(name: str) -> str:
    return name[0].upper() + name[1:]


def _to_api(block: Mapping[str, Any]) -> dict[str, Any]:
    """The API's names differ from the SDK's in the first letter only."""
    return {
        _api_name(name): _to_api(value) if isinstance(value, Mapping) else value
        for name, value in block.items()
        if value not in (None, "")
    }


def _from_api(block: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not block:
        return None
    return {
        name[0].lower() + name[1:]: _from_api(value)
        if isinstance(value, Mapping)
        else value.strftime("%Y-%m-%dT%H:%M:%SZ")
        if hasattr(value, "strftime")
        else value
        for name, value in block.items()
    }
