"""aws:sqs/queue:Queue"""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.attributes import Attributes
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import between
from local.plugins.aws.documents import json_property, policy_property
from local.plugins.aws.fifo_name import with_suffix
from local.plugins.aws.tagging import Tagging
from local.plugins.property import Failure, Property, not_implemented

_ATTRIBUTES = Attributes(
    {
        "contentBasedDeduplication": "ContentBasedDeduplication",
        "delaySeconds": "DelaySeconds",
        "fifoQueue": "FifoQueue",
        "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
        "kmsMasterKeyId": "KmsMasterKeyId",
        "maxMessageSize": "MaximumMessageSize",
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "policy": "Policy",
        "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
        "redriveAllowPolicy": "RedriveAllowPolicy",
        "redrivePolicy": "RedrivePolicy",
        "sqsManagedSseEnabled": "SqsManagedSseEnabled",
        "visibilityTimeoutSeconds": "VisibilityTimeout",
    }
)


class Queue(ApiResourceType):
    """A queue. Creating one that exists with the same attributes adopts it, as SQS does."""

    token = "aws:sqs/queue:Queue"  # noqa: S105
    service = "sqs"
    noun = "SQS Queue"
    key: ClassVar = {"url": "QueueUrl"}
    creates = "create_queue"
    reads = "get_queue_attributes"
    deletes = "delete_queue"
    gone = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
    tagging = Tagging(
        "QueueUrl", read="list_queue_tags", write="tag_queue", remove="untag_queue", as_map=True
    )
    autoname = "name"
    autoname_length = 80
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "contentBasedDeduplication": Property(bool, default=False),
        "delaySeconds": Property(int, default=0, validate=between(0, 900)),
        "fifoQueue": Property(bool, replaces=True, default=False),
        "kmsDataKeyReusePeriodSeconds": Property(int, computed=True, validate=between(60, 86400)),
        "kmsMasterKeyId": Property(str, conflicts=("sqsManagedSseEnabled",)),
        "maxMessageSize": Property(int, default=262144),
        "messageRetentionSeconds": Property(int, default=345600, validate=between(60, 1209600)),
        "policy": policy_property(computed=True),
        "receiveWaitTimeSeconds": Property(int, default=0, validate=between(0, 20)),
        "redriveAllowPolicy": json_property(computed=True),
        "redrivePolicy": json_property(computed=True),
        "sqsManagedSseEnabled": Property(bool, computed=True, conflicts=("kmsMasterKeyId",)),
        "visibilityTimeoutSeconds": Property(int, default=30, validate=between(0, 43200)),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        "url": Property(str, output_only=True),
        **not_implemented("deduplicationScope", "fifoThroughputLimit", "namePrefix"),
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """Some options are for FIFO queues only."""
        if inputs.get("fifoQueue") is False and inputs.get("contentBasedDeduplication") is True:
            text = "content-based deduplication can only be set for FIFO queue"
            yield Failure("contentBasedDeduplication", text)

    def check(
        self, old_inputs: dict[str, Any], inputs: dict[str, Any], propose_name: Callable[[int], str]
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Put the suffix behind the generated name of a FIFO queue; one that the user gives is left alone."""
        return super().check(old_inputs, inputs, with_suffix(inputs.get("fifoQueue"), propose_name))

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the queue with its attributes and tags."""
        created = self.client.call(
            f"creating SQS Queue ({inputs['name']})",
            "sqs",
            self.creates,
            region=inputs["region"],
            QueueName=inputs["name"],
            Attributes=_ATTRIBUTES.to_api(inputs),
            tags=self.client.all_tags(inputs.get("tags")) or None,
        )
        return created["QueueUrl"], {"url": created["QueueUrl"]}

    def call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        """Read all attributes."""
        more = {"AttributeNames": ["All"]} if operation == self.reads else {}
        return super().call(verb, operation, values, **parameters, **more)

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The attributes; the name is the end of the URL."""
        attributes = answer["Attributes"]
        found = _ATTRIBUTES.from_api(attributes, self.properties)
        if found["kmsDataKeyReusePeriodSeconds"] is None:
            found["kmsDataKeyReusePeriodSeconds"] = 300
        return {"name": known["url"].rsplit("/", 1)[1], "arn": attributes["QueueArn"], **found}

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Set the attributes that changed; what the program dropped is set empty."""
        attributes = _ATTRIBUTES.changed(self, resource_id, old_outputs, inputs)
        if attributes:
            key = {"url": resource_id, "region": inputs["region"]}
            self.call("updating", "set_queue_attributes", key, Attributes=attributes)
        self._write_tags(resource_id, old_outputs, inputs)

    def tagged(self, resource_id: str, outputs: dict[str, Any]) -> str:
        """By the URL, which is the id."""
        return resource_id
