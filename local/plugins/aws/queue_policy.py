"""aws:sqs/queuePolicy:QueuePolicy"""

from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.documents import policy_property
from local.plugins.property import Property


class QueuePolicy(ApiResourceType):
    """Who may use a queue."""

    token = "aws:sqs/queuePolicy:QueuePolicy"  # noqa: S105
    service = "sqs"
    noun = "SQS Queue Policy"
    key: ClassVar = {"queueUrl": "QueueUrl"}
    creates = updates = deletes = "set_queue_attributes"
    reads = "get_queue_attributes"
    gone = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
    properties: ClassVar = {
        "policy": policy_property(required=True),
        "queueUrl": Property(str, required=True, replaces=True),
        "region": REGION,
    }

    def call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        """The policy is an attribute among others; an empty one is none."""
        if operation == self.reads:
            parameters["AttributeNames"] = ["Policy"]
        else:
            policy = "" if verb == "deleting" else values["policy"]
            parameters["Attributes"] = {"Policy": policy}
        return super().call(verb, operation, values, **parameters)

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Nothing besides what every call gets."""
        return {}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """The policy; without one the resource is gone."""
        policy = answer.get("Attributes", {}).get("Policy")
        return {"policy": policy} if policy else None
