"""aws:sns/topicSubscription:TopicSubscription"""

from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.attributes import Attributes
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.choices import one_of
from local.plugins.aws.documents import json_property
from local.plugins.property import Property, not_implemented

_PROTOCOLS = ("sqs", "sms", "lambda", "firehose", "application", "http", "https", "email", "email-json")
_ATTRIBUTES = Attributes(
    {
        "deliveryPolicy": "DeliveryPolicy",
        "filterPolicy": "FilterPolicy",
        "filterPolicyScope": "FilterPolicyScope",
        "rawMessageDelivery": "RawMessageDelivery",
        "redrivePolicy": "RedrivePolicy",
    }
)


class TopicSubscription(ApiResourceType):
    """An endpoint that gets what is published to a topic."""

    token = "aws:sns/topicSubscription:TopicSubscription"  # noqa: S105
    service = "sns"
    noun = "SNS Topic Subscription"
    key: ClassVar = {"arn": "SubscriptionArn"}
    reads = "get_subscription_attributes"
    deletes = "unsubscribe"
    gone = ("NotFound", "NotFoundException")
    properties: ClassVar = {
        "topic": Property(str, required=True, replaces=True),
        "protocol": Property(str, required=True, replaces=True, validate=one_of(*_PROTOCOLS)),
        "endpoint": Property(str, required=True, replaces=True),
        "confirmationTimeoutInMinutes": Property(int, default=1, state_only=True),
        "deliveryPolicy": json_property(),
        "endpointAutoConfirms": Property(bool, default=False, state_only=True),
        "filterPolicy": json_property(),
        "filterPolicyScope": Property(
            str, computed=True, validate=one_of("MessageAttributes", "MessageBody")
        ),
        "rawMessageDelivery": Property(bool, default=False),
        "redrivePolicy": json_property(),
        "region": REGION,
        "arn": Property(str, output_only=True),
        "confirmationWasAuthenticated": Property(bool, output_only=True),
        "ownerId": Property(str, output_only=True),
        "pendingConfirmation": Property(bool, output_only=True),
        **not_implemented("replayPolicy", "subscriptionRoleArn"),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Subscribe the endpoint."""
        answer = self.client.call(
            "creating SNS Topic Subscription",
            "sns",
            "subscribe",
            region=inputs["region"],
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes=_ATTRIBUTES.to_api(inputs),
            ReturnSubscriptionArn=True,
        )
        return answer["SubscriptionArn"], {}

    def parsed(self, resource_id: str) -> dict[str, str]:
        """The id is the ARN."""
        return {"arn": resource_id}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The attributes."""
        attributes = answer["Attributes"]
        return {
            "topic": attributes["TopicArn"],
            "protocol": attributes["Protocol"],
            "endpoint": attributes["Endpoint"],
            "ownerId": attributes.get("Owner"),
            "pendingConfirmation": attributes.get("PendingConfirmation") == "true",
            "confirmationWasAuthenticated": attributes.get("ConfirmationWasAuthenticated") == "true",
            **_ATTRIBUTES.from_api(attributes, self.properties),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Set the attributes that changed."""
        for name, value in _ATTRIBUTES.changed(self, resource_id, old_outputs, inputs).items():
            self.client.call(
                f"setting SNS Topic Subscription ({resource_id}) attribute ({name})",
                "sns",
                "set_subscription_attributes",
                region=inputs["region"],
                SubscriptionArn=resource_id,
                AttributeName=name,
                AttributeValue=value or ("{}" if name == "FilterPolicy" else value),
            )
