"""Which types of the AWS plugin live a whole life under the real engine in the tests."""

from types import SimpleNamespace

import pulumi_aws as aws
import pytest

from local.plugins.aws.aws_provider import AwsProvider
from tests.integration.aws_types import FAMILIES
from tests.unit.recorder import record

pytestmark = pytest.mark.contract

# Neither changed nor imported: creating it is to wait. test_aws_plugin has what it does.
WITHOUT_A_LIFE = {"aws:ses/domainIdentityVerification:DomainIdentityVerification"}


def test_every_type_of_the_plugin_is_tested_under_the_engine(monkeypatch):
    monkeypatch.setattr(aws.ec2, "get_vpc", lambda **_: SimpleNamespace(id="vpc-1", cidr_block="10.0.0.0/16"))
    monkeypatch.setattr(aws.ec2, "get_subnets", lambda **_: SimpleNamespace(ids=["subnet-1", "subnet-2"]))

    def program():
        for family in FAMILIES.values():
            family.program(False, lambda name: None)

    resources = record(program)[0].resources
    assert len({resource.name for resource in resources}) == len(resources)
    used = {resource.type for resource in resources}
    assert used == {each.token for each in AwsProvider.resource_types} - WITHOUT_A_LIFE
