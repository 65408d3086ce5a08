"""aws:sns/topic:Topic"""

from collections.abc import Callable
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.attributes import Attributes
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.documents import json_property, policy_property
from local.plugins.aws.fifo_name import with_suffix
from local.plugins.aws.tagging import Tagging
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Failure, Property, not_implemented

_ATTRIBUTES = Attributes(
    {
        "contentBasedDeduplication": "ContentBasedDeduplication",
        "deliveryPolicy": "DeliveryPolicy",
        "displayName": "DisplayName",
        "fifoTopic": "FifoTopic",
        "kmsMasterKeyId": "KmsMasterKeyId",
        "policy": "Policy",
        "signatureVersion": "SignatureVersion",
        "tracingConfig": "TracingConfig",
    }
)
_AT_CREATION = ("fifoTopic",)


class Topic(ApiResourceType):
    """A topic. Creating one that exists with the same attributes adopts it, as SNS does."""

    token = "aws:sns/topic:Topic"  # noqa: S105
    service = "sns"
    noun = "SNS Topic"
    key: ClassVar = {"arn": "TopicArn"}
    creates = "create_topic"
    reads = "get_topic_attributes"
    deletes = "delete_topic"
    gone = ("NotFound", "NotFoundException")
    tagging = Tagging("ResourceArn")
    autoname = "name"
    autoname_length = 80
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "contentBasedDeduplication": Property(bool, default=False),
        "deliveryPolicy": json_property(),
        "displayName": Property(str),
        "fifoTopic": Property(bool, replaces=True, default=False),
        "kmsMasterKeyId": Property(str),
        "policy": policy_property(computed=True),
        "signatureVersion": Property(int, computed=True),
        "tracingConfig": Property(str, computed=True),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "beginningArchiveTime": Property(str, output_only=True),
        "owner": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        **not_implemented(
            "applicationFailureFeedbackRoleArn",
            "applicationSuccessFeedbackRoleArn",
            "applicationSuccessFeedbackSampleRate",
            "archivePolicy",
            "fifoThroughputScope",
            "firehoseFailureFeedbackRoleArn",
            "firehoseSuccessFeedbackRoleArn",
            "firehoseSuccessFeedbackSampleRate",
            "httpFailureFeedbackRoleArn",
            "httpSuccessFeedbackRoleArn",
            "httpSuccessFeedbackSampleRate",
            "lambdaFailureFeedbackRoleArn",
            "lambdaSuccessFeedbackRoleArn",
            "lambdaSuccessFeedbackSampleRate",
            "maximumMessageSize",
            "namePrefix",
            "sqsFailureFeedbackRoleArn",
            "sqsSuccessFeedbackRoleArn",
            "sqsSuccessFeedbackSampleRate",
        ),
    }

    def check(
        self, old_inputs: dict[str, Any], inputs: dict[str, Any], propose_name: Callable[[int], str]
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Put the suffix behind the generated name of a FIFO topic; one that the user gives is left alone."""
        return super().check(old_inputs, inputs, with_suffix(inputs.get("fifoTopic"), propose_name))

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the topic, then set its attributes one by one."""
        created = self.client.call(
            f"creating SNS Topic ({inputs['name']})",
            "sns",
            self.creates,
            region=inputs["region"],
            Name=inputs["name"],
            Attributes={"FifoTopic": "true"} if inputs["fifoTopic"] else None,
            Tags=self.tagging.to_api(self.client.all_tags(inputs.get("tags"))) or None,
        )
        arn = created["TopicArn"]
        try:
            self._set(arn, inputs, _ATTRIBUTES.to_api(inputs, leave_out=_AT_CREATION))
        except OperationError as error:
            raise PartialCreate(arn, {**inputs, "arn": arn}, [str(error)]) from error
        return arn, {"arn": arn}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The attributes; the name is part of the ARN."""
        attributes = answer["Attributes"]
        return {
            "name": known["arn"].rsplit(":", 1)[1],
            "owner": attributes.get("Owner"),
            **_ATTRIBUTES.from_api(attributes, self.properties),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Set the attributes that changed; what the program dropped is set empty."""
        self._set(resource_id, inputs, _ATTRIBUTES.changed(self, resource_id, old_outputs, inputs))
        self._write_tags(resource_id, old_outputs, inputs)

    def _set(self, arn: str, inputs: dict[str, Any], attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            self.client.call(
                f"setting SNS Topic ({arn}) attribute ({name})",
                "sns",
                "set_topic_attributes",
                region=inputs["region"],
                TopicArn=arn,
                AttributeName=name,
                AttributeValue=value,
            )
