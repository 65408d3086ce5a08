"""The stand-in of the AWS provider."""

from typing import Any, ClassVar

from local.plugins.aws.access_key import AccessKey
from local.plugins.aws.account_suppression_attributes import AccountSuppressionAttributes
from local.plugins.aws.account_vdm_attributes import AccountVdmAttributes
from local.plugins.aws.client import AwsClient
from local.plugins.aws.configuration_set import ConfigurationSet
from local.plugins.aws.configuration_set_event_destination import ConfigurationSetEventDestination
from local.plugins.aws.dedicated_ip_pool import DedicatedIpPool
from local.plugins.aws.domain_identity_verification import DomainIdentityVerification
from local.plugins.aws.email_identity import EmailIdentity
from local.plugins.aws.email_identity_feedback_attributes import EmailIdentityFeedbackAttributes
from local.plugins.aws.email_identity_mail_from_attributes import EmailIdentityMailFromAttributes
from local.plugins.aws.email_identity_policy import EmailIdentityPolicy
from local.plugins.aws.functions import FUNCTIONS
from local.plugins.aws.managed_policy import Policy
from local.plugins.aws.record import Record
from local.plugins.aws.tenant import Tenant
from local.plugins.aws.tenant_resource_association import TenantResourceAssociation
from local.plugins.aws.user import User
from local.plugins.aws.user_policy import UserPolicy
from local.plugins.aws.user_policy_attachment import UserPolicyAttachment
from local.plugins.aws.zone import Zone
from local.plugins.property import Property, not_implemented
from local.plugins.provider import Provider


class AwsProvider(Provider):
    """The types and functions of `pulumi-aws` that this project uses, through boto3."""

    name = "aws"
    resource_types = (
        UserPolicyAttachment,
        Policy,
        TenantResourceAssociation,
        Tenant,
        EmailIdentityPolicy,
        EmailIdentityFeedbackAttributes,
        DedicatedIpPool,
        ConfigurationSetEventDestination,
        AccountVdmAttributes,
        AccountSuppressionAttributes,
        AccessKey,
        ConfigurationSet,
        DomainIdentityVerification,
        EmailIdentity,
        EmailIdentityMailFromAttributes,
        Record,
        User,
        UserPolicy,
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
