"""SNS and SQS between SES and its customer: what their policies and keys do not allow does not arrive."""

import json
import logging
from typing import Any

import moto.sns.models
from moto.core import DEFAULT_ACCOUNT_ID
from moto.kms.models import kms_backends
from moto.sns.models import Subscription, sns_backends
from moto.sqs.models import sqs_backends

from .policy import Context, Principal, allows_principal

_log = logging.getLogger(__name__)
_SES: Principal = ("Service", "ses.amazonaws.com")
_SNS: Principal = ("Service", "sns.amazonaws.com")
# https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


class NotPublished(Exception):
    """A topic does not exist or does not let SES in. The text says why."""


def publish(topic_arn: str, source_arn: str, message: str, subject: str) -> None:
    """Publish as SES does on behalf of the configuration set `source_arn`; raises NotPublished."""
    region, account = topic_arn.split(":")[3:5]
    topic = sns_backends[account][region].topics.get(topic_arn)
    if topic is None:
        raise NotPublished(f"topic {topic_arn} does not exist")
    context = {"aws:sourceaccount": [account], "aws:sourcearn": [source_arn]}
    policy = json.loads(topic.policy) if isinstance(topic.policy, str) else topic.policy
    if not allows_principal([policy], _SES, "sns:Publish", topic_arn, context):
        raise NotPublished(f"the policy of topic {topic_arn} does not let ses.amazonaws.com publish")
    if not _key_lets_in(topic.kms_master_key_id, region, _SES, context):
        raise NotPublished(f"the key of topic {topic_arn} does not let ses.amazonaws.com use it")
    topic.publish(message, subject=subject)


def _key_lets_in(key_id: str | None, region: str, principal: Principal, context: Context) -> bool:
    if not key_id:
        return True
    backend = kms_backends[DEFAULT_ACCOUNT_ID][region]
    try:
        # AWS's own keys let no service in: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html
        key = backend.keys[backend.any_id_to_key_id(key_id)]
    except KeyError:
        return False
    policy = json.loads(key.policy)
    return all(allows_principal([policy], principal, action, key.arn, context) for action in _KEY_ACTIONS)


class GuardedSubscription(Subscription):
    """moto's, which asks the queue first whether the topic may send to it."""

    def publish(self, *arguments: Any, **named: Any) -> None:
        if self.protocol != "sqs" or self._may_send():
            super().publish(*arguments, **named)

    def _may_send(self) -> bool:
        region, account, name = self.endpoint.split(":")[3:6]
        queue = sqs_backends[account][region].queues.get(name)
        if queue is None:
            return False
        context = {"aws:sourcearn": [self.topic.arn], "aws:sourceaccount": [self.topic.account_id]}
        policy = json.loads(queue.policy) if queue.policy else {}
        allowed = allows_principal([policy], _SNS, "sqs:SendMessage", queue.queue_arn, context)
        if not allowed or not _key_lets_in(queue.kms_master_key_id, region, _SNS, context):
            _log.warning("queue %s does not let topic %s send", queue.queue_arn, self.topic.arn)
            return False
        return True


def install() -> None:
    """Let moto make guarded subscriptions."""
    moto.sns.models.Subscription = GuardedSubscription
