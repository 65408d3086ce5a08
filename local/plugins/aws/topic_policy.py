"""aws:sns/topicPolicy:TopicPolicy"""

import json
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.documents import policy_property
from local.plugins.property import Property

_DEFAULT_ACTIONS = (
    *("SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission"),
    *("SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"),
)


class TopicPolicy(ApiResourceType):
    """Who may use a topic. A policy cannot be removed, so deleting writes back the one of a new topic."""

    token = "aws:sns/topicPolicy:TopicPolicy"  # noqa: S105
    service = "sns"
    noun = "SNS Topic Policy"
    key: ClassVar = {"arn": "TopicArn"}
    creates = updates = deletes = "set_topic_attributes"
    reads = "get_topic_attributes"
    gone = ("NotFound", "NotFoundException")
    properties: ClassVar = {
        "arn": Property(str, required=True, replaces=True),
        "policy": policy_property(required=True),
        "region": REGION,
        "owner": Property(str, output_only=True),
    }

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The policy is an attribute among others."""
        return {"AttributeName": "Policy", "AttributeValue": inputs["policy"]}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The policy and the account that owns the topic."""
        attributes = answer["Attributes"]
        return {"policy": attributes["Policy"], "owner": attributes["Owner"]}

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Write the default policy back."""
        policy = _default_policy(outputs["arn"], outputs["owner"])
        self.call(
            "deleting", self.deletes, outputs, absent=self.gone, AttributeName="Policy", AttributeValue=policy
        )


def _default_policy(topic: str, owner: str) -> str:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(_DEFAULT_ACTIONS),
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
