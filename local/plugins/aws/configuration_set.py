"""aws:sesv2/configurationSet:ConfigurationSet"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_form import to_api
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import between, one_of
from local.plugins.property import Property

_PUT_OPERATIONS = {
    "deliveryOptions": "put_configuration_set_delivery_options",
    "reputationOptions": "put_configuration_set_reputation_options",
    "sendingOptions": "put_configuration_set_sending_options",
    "suppressionOptions": "put_configuration_set_suppression_options",
    "trackingOptions": "put_configuration_set_tracking_options",
    "vdmOptions": "put_configuration_set_vdm_options",
}
_SWITCH = Property(str, validate=one_of("ENABLED", "DISABLED"))


def _block(computed: bool = False, **properties: Property) -> Property:
    return Property(dict, computed=computed, properties=properties)


class ConfigurationSet(ApiResourceType):
    """Rules for the mail of an identity: TLS, suppression, reputation and so on."""

    token = "aws:sesv2/configurationSet:ConfigurationSet"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Configuration Set")
    key: ClassVar = {"configurationSetName": "ConfigurationSetName"}
    creates = "create_configuration_set"
    reads = "get_configuration_set"
    deletes = "delete_configuration_set"
    arn = ("ses", "configuration-set/{}")
    tagging = ses_v2.TAGGING
    properties: ClassVar = {
        "configurationSetName": Property(str, required=True, replaces=True),
        "deliveryOptions": _block(
            maxDeliverySeconds=Property(int, validate=between(300, 50400)),
            sendingPoolName=Property(str),
            tlsPolicy=Property(str, validate=one_of("REQUIRE", "OPTIONAL")),
        ),
        "reputationOptions": _block(
            computed=True,
            reputationMetricsEnabled=Property(bool, computed=True),
            lastFreshStart=Property(str, output_only=True),
        ),
        "sendingOptions": _block(computed=True, sendingEnabled=Property(bool, computed=True)),
        "suppressionOptions": _block(
            suppressedReasons=Property(list, element=Property(str, validate=one_of("BOUNCE", "COMPLAINT")))
        ),
        "trackingOptions": _block(
            customRedirectDomain=Property(str, required=True),
            httpsPolicy=Property(str, validate=one_of("REQUIRE", "REQUIRE_OPEN_ONLY", "OPTIONAL")),
        ),
        "vdmOptions": _block(
            dashboardOptions=_block(engagementMetrics=_SWITCH),
            guardianOptions=_block(optimizedSharedDelivery=_SWITCH),
        ),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
    }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Put each block that changed; a removed one is put empty, which resets it."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        for name, operation in _PUT_OPERATIONS.items():
            if name not in changed:
                continue
            parameters = to_api(inputs.get(name) or {})
            if name == "vdmOptions":
                parameters = {"VdmOptions": parameters}
            self.call("updating", operation, inputs, **parameters)
        super().change(resource_id, old_outputs, inputs)
