"""A private way to SES: to whom it is open, under which name it is reached, and which networks cannot have it."""

import pytest

from components import SesEndpoint
from components.arguments import InvalidArgument

from .recorder import record

pytestmark = pytest.mark.unit

PLACE = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-a", "subnet-b"]}
CLIENTS = {"allowed_networks": ["10.0.0.0/16"]}


def endpoint(**args):
    def program():
        made = SesEndpoint("ses", PLACE | args)
        return {
            "host": made.host,
            "dns_name": made.dns_name,
            "endpoint_id": made.endpoint_id,
            "security_group_id": made.security_group_id,
        }

    return program


def test_the_name_to_connect_to_is_the_one_in_the_certificate():
    recorder, outputs = record(endpoint(**CLIENTS))
    assert outputs == {
        "host": "email-smtp.eu-west-1.amazonaws.com",
        "dns_name": "vpce-1.email-smtp.eu-west-1.vpce.amazonaws.com",
        "endpoint_id": "vpce-0123",
        "security_group_id": "ses-id",
    }
    assert recorder.named("ses", "VpcEndpoint").inputs == {
        "vpcId": "vpc-1",
        "serviceName": "com.amazonaws.eu-west-1.email-smtp",
        "vpcEndpointType": "Interface",
        "subnetIds": ["subnet-a", "subnet-b"],
        "securityGroupIds": ["ses-id"],
        "privateDnsEnabled": True,
    }


def test_it_is_open_on_one_port_to_those_that_are_named():
    recorder, _ = record(
        endpoint(
            allowed_networks=["10.0.0.0/16", "fd00::/48"], allowed_security_groups=["sg-relay"], port=2587
        )
    )
    group = recorder.named("ses", "SecurityGroup").inputs
    (rule,) = group["ingress"]
    assert (rule["protocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 2587, 2587)
    assert rule["cidrBlocks"] == ["10.0.0.0/16"]
    assert rule["ipv6CidrBlocks"] == ["fd00::/48"]
    assert rule["securityGroups"] == ["sg-relay"]
    assert group["egress"] == []


def test_without_private_dns_the_name_is_yours_to_lead_there():
    recorder, outputs = record(endpoint(private_dns=False, **CLIENTS))
    assert recorder.named("ses", "VpcEndpoint").inputs["privateDnsEnabled"] is False
    assert outputs["host"] == "email-smtp.eu-west-1.amazonaws.com"


def test_another_region_is_handed_to_every_child():
    recorder, outputs = record(endpoint(region="us-gov-west-1", tags={"team": "mail"}, **CLIENTS))
    made = [recorder.named("ses", type_).inputs for type_ in ("SecurityGroup", "VpcEndpoint")]
    assert [(each["region"], each["tags"]) for each in made] == [("us-gov-west-1", {"team": "mail"})] * 2
    assert made[1]["serviceName"] == "com.amazonaws.us-gov-west-1.email-smtp"
    assert outputs["host"] == "email-smtp.us-gov-west-1.amazonaws.com"


def test_the_service_of_a_region_that_is_not_known_can_be_given():
    data = {
        "smtp_host": "email-smtp.eusc-de-east-1.amazonaws.eu",
        "dkim_zone": "dkim.example",
        "mail_from_mx": "mx.example",
        "dns_suffix": "amazonaws.eu",
    }
    recorder, _ = record(endpoint(region="eusc-de-east-1", region_data=data, **CLIENTS))
    service = recorder.named("ses", "VpcEndpoint").inputs["serviceName"]
    assert service == "eu.amazonaws.eusc-de-east-1.email-smtp"
    recorder, _ = record(
        endpoint(region="eusc-de-east-1", region_data={**data, "endpoint_service": "other"}, **CLIENTS)
    )
    assert recorder.named("ses", "VpcEndpoint").inputs["serviceName"] == "other"


def test_where_aws_does_not_tell_the_zones_of_a_service_it_decides_itself():
    recorder, _ = record(
        endpoint(subnet_ids=["subnet-c"], region_data={"endpoint_service": "silent"}, **CLIENTS)
    )
    assert recorder.named("ses", "VpcEndpoint").inputs["subnetIds"] == ["subnet-c"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({}, r"allowed_networks \| allowed_security_groups: neither is given"),
        ({"allowed_networks": ["0.0.0.0/0"]}, "allowed_networks: '0.0.0.0/0' is so wide"),
        ({"allowed_networks": ["10.0.0.1/16"]}, "allowed_networks: '10.0.0.1/16' is no network"),
        ({"subnet_ids": [], **CLIENTS}, "subnet_ids: is empty"),
        (
            {"subnet_ids": ["subnet-a", "subnet-c"], **CLIENTS},
            "subnet_ids: subnet-c: not in a zone that has SES, .*; use subnets in eu-west-1a, eu-west-1b",
        ),
        (
            {"vpc_id": "vpc-without-names", **CLIENTS},
            "private_dns: needs enableDnsSupport and enableDnsHostnames of the VPC 'vpc-without-names'",
        ),
        (
            {"region": "cn-north-1", **CLIENTS},
            "region: 'cn-north-1' is not a region with a known SES endpoint",
        ),
        ({"vpc": "vpc-1", **CLIENTS}, "vpc: no such argument; did you mean 'vpc_id'"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(endpoint(**args))


def test_everything_shows_in_a_first_preview():
    previewed, _ = record(endpoint(**CLIENTS), preview=True)
    applied, _ = record(endpoint(**CLIENTS))
    assert previewed.names() == applied.names()
