"""aws:sesv2/dedicatedIpPool:DedicatedIpPool"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import one_of
from local.plugins.property import Property


class DedicatedIpPool(ApiResourceType):
    """A group of addresses that only this account sends from."""

    token = "aws:sesv2/dedicatedIpPool:DedicatedIpPool"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Dedicated IP Pool")
    key: ClassVar = {"poolName": "PoolName"}
    creates = "create_dedicated_ip_pool"
    reads = "get_dedicated_ip_pool"
    deletes = "delete_dedicated_ip_pool"
    arn = ("ses", "dedicated-ip-pool/{}")
    tagging = ses_v2.TAGGING
    properties: ClassVar = {
        "poolName": Property(str, required=True, replaces=True),
        "scalingMode": Property(str, replaces=True, computed=True, validate=one_of("STANDARD", "MANAGED")),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
    }

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The scaling mode."""
        return {"scalingMode": answer["DedicatedIpPool"]["ScalingMode"]}
