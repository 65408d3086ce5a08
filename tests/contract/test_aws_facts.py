"""What replaces a resource, and what names itself: the stand-in AWS plugin does as the real provider.

https://www.pulumi.com/registry/packages/aws/api-docs/
"""

import pytest

from local.plugins.aws.aws_provider import AwsProvider
from local.plugins.aws.client import AwsClient
from local.plugins.aws.parameter import Parameter
from local.plugins.aws.sqs_queue import Queue
from local.plugins.aws.topic import Topic
from local.plugins.aws.vpc_endpoint import VpcEndpoint
from local.plugins.property import NotImplementedProperty

pytestmark = pytest.mark.contract

TYPES = {each.token: each for each in AwsProvider.resource_types}
# A rule whose source becomes one of another kind is another rule.
RULE = {"securityGroupId", "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}
# By type: the properties that replace it, besides the region.
REPLACES = {
    "aws:cloudwatch/dashboard:Dashboard": {"dashboardName"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"name"},
    "aws:ec2/securityGroup:SecurityGroup": {"name", "description", "vpcId"},
    # Private DNS replaces what is no interface.
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"vpcId", "serviceName", "vpcEndpointType", "privateDnsEnabled"},
    "aws:iam/accessKey:AccessKey": {"user"},
    "aws:iam/policy:Policy": {"name", "path", "description"},
    # Renamed and moved in place.
    "aws:iam/user:User": set(),
    "aws:iam/userPolicy:UserPolicy": {"user", "name"},
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": {"user", "policyArn"},
    "aws:kms/alias:Alias": {"name"},
    "aws:kms/key:Key": {"keyUsage", "customerMasterKeySpec", "multiRegion"},
    "aws:route53/record:Record": {"zoneId", "name"},
    "aws:route53/zone:Zone": {"name", "delegationSetId"},
    "aws:secretsmanager/secret:Secret": {"name"},
    "aws:secretsmanager/secretVersion:SecretVersion": {"secretId", "secretString", "secretBinary"},
    "aws:ses/domainIdentityVerification:DomainIdentityVerification": {"domain"},
    "aws:sesv2/accountSuppressionAttributes:AccountSuppressionAttributes": set(),
    "aws:sesv2/accountVdmAttributes:AccountVdmAttributes": set(),
    "aws:sesv2/configurationSet:ConfigurationSet": {"configurationSetName"},
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": {
        *("configurationSetName", "eventDestinationName")
    },
    "aws:sesv2/dedicatedIpPool:DedicatedIpPool": {"poolName", "scalingMode"},
    "aws:sesv2/emailIdentity:EmailIdentity": {"emailIdentity"},
    "aws:sesv2/emailIdentityFeedbackAttributes:EmailIdentityFeedbackAttributes": {"emailIdentity"},
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": {"emailIdentity"},
    "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy": {"emailIdentity", "policyName"},
    "aws:sesv2/tenant:Tenant": {"tenantName"},
    "aws:sesv2/tenantResourceAssociation:TenantResourceAssociation": {"tenantName", "resourceArn"},
    "aws:sns/topic:Topic": {"name", "fifoTopic"},
    "aws:sns/topicPolicy:TopicPolicy": {"arn"},
    "aws:sns/topicSubscription:TopicSubscription": {"topic", "protocol", "endpoint"},
    "aws:sqs/queue:Queue": {"name", "fifoQueue"},
    "aws:sqs/queuePolicy:QueuePolicy": {"queueUrl"},
    "aws:ssm/parameter:Parameter": {"name", "dataType"},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": RULE,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": RULE,
}
WITHOUT_REGION = ("aws:iam/", "aws:route53/")
DELETED_FIRST = {"aws:iam/userPolicyAttachment:UserPolicyAttachment"}
NAMES_ITSELF = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": 255,
    "aws:ec2/securityGroup:SecurityGroup": 255,
    "aws:iam/policy:Policy": 255,
    "aws:iam/user:User": 255,
    "aws:iam/userPolicy:UserPolicy": 255,
    "aws:kms/alias:Alias": 238,
    "aws:route53/zone:Zone": 255,
    "aws:secretsmanager/secret:Secret": 255,
    "aws:sns/topic:Topic": 80,
    "aws:sqs/queue:Queue": 80,
    "aws:ssm/parameter:Parameter": 255,
}
GIVEN = {str: "given", int: 1, float: 1.0, bool: True, list: ["given"], dict: {"given": "given"}}


def replacements(resource_type, old, new):
    changes = resource_type(AwsClient({})).diff("id", old, new)
    return {change.property_name for change in changes if change.replaces}


@pytest.mark.parametrize("token", TYPES)
def test_a_type_is_replaced_for_what_replaces_it_at_aws_and_nothing_else(token):
    replaced = {
        name
        for name, declared in TYPES[token].properties.items()
        if not isinstance(declared, NotImplementedProperty)
        and replacements(TYPES[token], {}, {name: GIVEN[declared.kind]})
    }
    assert replaced == REPLACES[token] | ({"region"} if not token.startswith(WITHOUT_REGION) else set())


def test_private_dns_of_an_interface_changes_in_place():
    interface = {"vpcEndpointType": "Interface"}
    assert not replacements(VpcEndpoint, interface, {**interface, "privateDnsEnabled": True})


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ("Advanced", "Standard", {"tier"}),
        ("Standard", "Advanced", set()),
        ("Advanced", "Intelligent-Tiering", set()),
    ],
)
def test_only_a_parameter_that_leaves_the_advanced_tier_is_replaced(old, new, replaced):
    assert replacements(Parameter, {"tier": old}, {"tier": new}) == replaced


def test_one_type_is_always_deleted_before_it_is_replaced():
    assert {token for token, each in TYPES.items() if each.delete_before_replace} == DELETED_FIRST


def test_a_type_names_itself_where_it_does_at_aws_and_not_too_long():
    named = {token: each.autoname_length for token, each in TYPES.items() if each.autoname == "name"}
    assert named == NAMES_ITSELF


@pytest.mark.parametrize(("resource_type", "flag"), [(Topic, "fifoTopic"), (Queue, "fifoQueue")])
def test_what_keeps_the_order_has_it_in_its_name(resource_type, flag):
    def name(inputs):
        checked, failures = resource_type(AwsClient({"region": "eu-west-1"})).check(
            {}, inputs, lambda length: "n" * length
        )
        assert not failures
        return checked["name"]

    assert name({flag: True}) == "n" * 75 + ".fifo"
    assert name({}) == "n" * 80
