"""The stand-in of the AWS provider."""

from typing import Any, ClassVar

from local.plugins.aws.access_key import AccessKey
from local.plugins.aws.account_suppression_attributes import AccountSuppressionAttributes
from local.plugins.aws.account_vdm_attributes import AccountVdmAttributes
from local.plugins.aws.client import AwsClient
from local.plugins.aws.configuration_set import ConfigurationSet
from local.plugins.aws.configuration_set_event_destination import ConfigurationSetEventDestination
from local.plugins.aws.dashboard import Dashboard
from local.plugins.aws.dedicated_ip_pool import DedicatedIpPool
from local.plugins.aws.domain_identity_verification import DomainIdentityVerification
from local.plugins.aws.email_identity import EmailIdentity
from local.plugins.aws.email_identity_feedback_attributes import EmailIdentityFeedbackAttributes
from local.plugins.aws.email_identity_mail_from_attributes import EmailIdentityMailFromAttributes
from local.plugins.aws.email_identity_policy import EmailIdentityPolicy
from local.plugins.aws.functions import FUNCTIONS
from local.plugins.aws.kms_alias import Alias
from local.plugins.aws.kms_key import Key
from local.plugins.aws.managed_policy import Policy
from local.plugins.aws.metric_alarm import MetricAlarm
from local.plugins.aws.parameter import Parameter
from local.plugins.aws.queue_policy import QueuePolicy
from local.plugins.aws.record import Record
from local.plugins.aws.secret import Secret
from local.plugins.aws.secret_version import SecretVersion
from local.plugins.aws.security_group import SecurityGroup
from local.plugins.aws.security_group_rule import SecurityGroupEgressRule, SecurityGroupIngressRule
from local.plugins.aws.sqs_queue import Queue
from local.plugins.aws.tenant import Tenant
from local.plugins.aws.tenant_resource_association import TenantResourceAssociation
from local.plugins.aws.topic import Topic
from local.plugins.aws.topic_policy import TopicPolicy
from local.plugins.aws.topic_subscription import TopicSubscription
from local.plugins.aws.user import User
from local.plugins.aws.user_policy import UserPolicy
from local.plugins.aws.user_policy_attachment import UserPolicyAttachment
from local.plugins.aws.vpc_endpoint import VpcEndpoint
from local.plugins.aws.zone import Zone
from local.plugins.property import Property, not_implemented
from local.plugins.provider import Provider


class AwsProvider(Provider):
    """The types and functions of `pulumi-aws` that this project uses, through boto3."""

    name = "aws"
    resource_types = (
        AccessKey,
        AccountSuppressionAttributes,
        AccountVdmAttributes,
        Alias,
        ConfigurationSet,
        ConfigurationSetEventDestination,
        Dashboard,
        DedicatedIpPool,
        DomainIdentityVerification,
        EmailIdentity,
        EmailIdentityFeedbackAttributes,
        EmailIdentityMailFromAttributes,
        EmailIdentityPolicy,
        Key,
        MetricAlarm,
        Parameter,
        Policy,
        Queue,
        QueuePolicy,
        Record,
        Secret,
        SecretVersion,
        SecurityGroup,
        SecurityGroupEgressRule,
        SecurityGroupIngressRule,
        Tenant,
        TenantResourceAssociation,
        Topic,
        TopicPolicy,
        TopicSubscription,
        User,
        UserPolicy,
        UserPolicyAttachment,
        VpcEndpoint,
        Zone,
    )
    functions = FUNCTIONS
    config: ClassVar = {
        "accessKey": Property(str, secret=True),
        "defaultTags": Property(dict, properties={"tags": Property(dict, element=Property(str))}),
        "endpoints": Property(list, element=Property(dict, element=Property(str))),
        "profile": Property(str),
        "region": Property(str),
        "secretKey": Property(str, secret=True),
        # Nothing is validated or looked up ahead of the calls, so most of these change nothing here.
        "skipCredentialsValidation": Property(bool),
        "skipMetadataApiCheck": Property(bool),
        "skipRegionValidation": Property(bool),
        "skipRequestingAccountId": Property(bool),
        "token": Property(str, secret=True),
        "useFipsEndpoint": Property(bool),
        **not_implemented(
            "allowedAccountIds",
            "assumeRoleWithWebIdentity",
            "assumeRoles",
            "customCaBundle",
            "ec2MetadataServiceEndpoint",
            "ec2MetadataServiceEndpointMode",
            "forbiddenAccountIds",
            "httpProxy",
            "httpsProxy",
            "ignoreTags",
            "insecure",
            "maxRetries",
            "noProxy",
            "retryMode",
            "s3UsEast1RegionalEndpoint",
            "s3UsePathStyle",
            "sharedConfigFiles",
            "sharedCredentialsFiles",
            "stsRegion",
            "tagPolicyCompliance",
            "tokenBucketRateLimiterCapacity",
            "useDualstackEndpoint",
            "userAgents",
        ),
    }

    def configure(self, config: dict[str, Any]) -> AwsClient:
        """Make the client; it calls nothing yet."""
        return AwsClient(config)
