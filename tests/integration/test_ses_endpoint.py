"""A private way to SES under the real engine, in a region where SES is not in every availability zone."""

import pulumi
import pytest
from pulumi import automation

from components import SesEndpoint

from .engine import engine
from .local_aws import LocalAws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def account():
    with LocalAws(region="us-east-1") as local_aws:
        yield local_aws


@pytest.fixture(scope="module")
def ec2(account):
    return account.client("ec2")


@pytest.fixture(scope="module")
def network(ec2):
    """The default VPC, and its subnets by the id of their zone."""
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    return vpc["VpcId"], {subnet["AvailabilityZoneId"]: subnet["SubnetId"] for subnet in subnets}


def endpoint(vpc_id, subnet_ids, **args):
    def program():
        made = SesEndpoint(
            "ses",
            {
                "vpc_id": vpc_id,
                "subnet_ids": subnet_ids,
                "allowed_networks": ["10.0.0.0/16"],
                "tags": {"team": "mail"},
                **args,
            },
        )
        pulumi.export("host", made.host)
        pulumi.export("dnsName", made.dns_name)
        pulumi.export("id", made.endpoint_id)
        pulumi.export("group", made.security_group_id)

    return program


@pytest.fixture(scope="module")
def stack(tmp_path_factory, account, network):
    vpc_id, subnets = network
    program = endpoint(vpc_id, [subnets["use1-az1"]])
    with engine(tmp_path_factory.mktemp("endpoint"), program, account.config) as stack:
        stack.up()
        yield stack


def described(ec2, stack):
    (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[stack.outputs["id"]])["VpcEndpoints"]
    return found


def rules(ec2, stack, direction):
    (group,) = ec2.describe_security_groups(GroupIds=[stack.outputs["group"]])["SecurityGroups"]
    return [
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], [each["CidrIp"] for each in rule["IpRanges"]])
        for rule in group[direction]
    ]


def test_the_endpoint_leads_to_ses_under_the_name_of_its_certificate(stack, ec2):
    found = described(ec2, stack)
    assert found["ServiceName"] == "com.amazonaws.us-east-1.email-smtp"
    assert found["PrivateDnsEnabled"] is True
    assert stack.outputs["host"] == "email-smtp.us-east-1.amazonaws.com"
    assert stack.outputs["dnsName"].startswith(f"{stack.outputs['id']}-")


def test_it_takes_connections_on_its_port_and_begins_none(stack, ec2):
    assert rules(ec2, stack, "IpPermissions") == [("tcp", 587, 587, ["10.0.0.0/16"])]
    assert rules(ec2, stack, "IpPermissionsEgress") == []


def test_a_second_update_and_a_refresh_change_nothing(stack):
    assert stack.up().changes == {}
    stack.refresh()
    assert stack.preview().changes == {}


def test_a_rule_that_somebody_adds_by_hand_is_taken_away(stack, ec2):
    everybody = {
        "IpProtocol": "tcp",
        "FromPort": 587,
        "ToPort": 587,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    ec2.authorize_security_group_ingress(GroupId=stack.outputs["group"], IpPermissions=[everybody])
    stack.refresh()
    stack.up()
    assert rules(ec2, stack, "IpPermissions") == [("tcp", 587, 587, ["10.0.0.0/16"])]


def test_subnets_in_zones_without_ses_are_refused_in_the_preview(stack, network):
    vpc_id, subnets = network
    before = stack.program
    stack.program = endpoint(vpc_id, [subnets["use1-az1"], subnets["use1-az3"]])
    try:
        with pytest.raises(
            automation.CommandError, match=f"subnet_ids: {subnets['use1-az3']}: not in a zone"
        ):
            stack.preview()
    finally:
        stack.program = before


def test_a_vpc_without_names_is_refused_in_the_preview(stack, ec2):
    vpc_id = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.9.1.0/24", AvailabilityZone="us-east-1b")
    before = stack.program
    stack.program = endpoint(vpc_id, [subnet["Subnet"]["SubnetId"]])
    try:
        with pytest.raises(automation.CommandError, match="private_dns: needs enableDnsSupport"):
            stack.preview()
    finally:
        stack.program = before


def test_zone_port_and_name_can_be_changed_in_place(stack, ec2, network):
    vpc_id, subnets = network
    stack.program = endpoint(vpc_id, [subnets["use1-az1"], subnets["use1-az6"]], port=465, private_dns=False)
    assert set(stack.up().changes.values()) == {"update"}
    found = described(ec2, stack)
    assert sorted(found["SubnetIds"]) == sorted([subnets["use1-az1"], subnets["use1-az6"]])
    assert found["PrivateDnsEnabled"] is False
    assert rules(ec2, stack, "IpPermissions") == [("tcp", 465, 465, ["10.0.0.0/16"])]


def test_what_is_refused_here_aws_refuses_too(ec2, network):
    vpc_id, subnets = network
    with pytest.raises(ec2.exceptions.ClientError, match="does not support the availability zone of the"):
        ec2.create_vpc_endpoint(
            VpcId=vpc_id,
            ServiceName="com.amazonaws.us-east-1.email-smtp",
            VpcEndpointType="Interface",
            SubnetIds=[subnets["use1-az3"]],
        )
