"""EC2 where moto's falls short: what a VPC endpoint for SES's SMTP endpoint asks of its VPC and its subnets.

https://docs.aws.amazon.com/ses/latest/dg/send-email-set-up-vpc-endpoints.html
"""

from typing import Any

import moto.ec2.urls
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.responses import EC2Response

_SERVICE = "email-smtp"
# AWS names the zones of its own where SES is not; an account sees them under names of its own.
_WITHOUT_SES = frozenset(
    {"use1-az2", "use1-az3", "use1-az5", "usw1-az2", "usw2-az4", "apne2-az4", "cac1-az4"}
)


class Ec2Operations(EC2Response):
    """moto's operations, with those that differ."""

    def create_vpc_endpoint(self) -> ActionResult:
        if self._get_param("VpcEndpointType") == "Interface":
            self._check_service()
            self._check_zones(self._get_param("SubnetIds", []))
            if self._get_bool_param("PrivateDnsEnabled", if_none=True):
                self._check_private_dns(self._get_param("VpcId"))
        return super().create_vpc_endpoint()

    def modify_vpc_endpoint(self) -> ActionResult:
        endpoint = self.ec2_backend.get_vpc_end_point(self._get_param("VpcEndpointId"))
        self._check_zones(self._get_param("AddSubnetIds", []), endpoint.service_name)
        private_dns = self._get_bool_param("PrivateDnsEnabled")
        if private_dns:
            self._check_private_dns(endpoint.vpc_id)
        answer = super().modify_vpc_endpoint()
        if private_dns is not None:
            endpoint.private_dns_enabled = private_dns
        return answer

    def describe_vpc_endpoint_services(self) -> ActionResult:
        result = super().describe_vpc_endpoint_services().result
        details = [{**each, "AvailabilityZones": self._zones_of(each)} for each in result["ServiceDetails"]]
        return ActionResult({**result, "ServiceDetails": details})

    def _zones_of(self, service: dict[str, Any]) -> list[str]:
        without = _WITHOUT_SES if service["ServiceName"].endswith(f".{_SERVICE}") else frozenset()
        zones = RegionsAndZonesBackend.zones[self.region]
        return [zone.name for zone in zones if zone.zone_id not in without]

    def _check_service(self) -> None:
        # moto's own look-up of the name raises what EC2 raises.
        name = self._get_param("ServiceName")
        self.ec2_backend.describe_vpc_endpoint_services([name], [], None, None, self.region)

    def _check_zones(self, subnets: list[str], service: str = "") -> None:
        name = service or self._get_param("ServiceName")
        served = self._zones_of({"ServiceName": name})
        for subnet in subnets:
            if self.ec2_backend.get_subnet(subnet).availability_zone not in served:
                raise EC2ClientError(
                    "InvalidParameter",
                    f"The VPC endpoint service {name} does not support the availability zone of the subnet: {subnet}.",
                )

    def _check_private_dns(self, vpc: str) -> None:
        found = self.ec2_backend.get_vpc(vpc)
        if not (_is_on(found.enable_dns_support) and _is_on(found.enable_dns_hostnames)):
            raise EC2ClientError(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
                f"for {vpc}",
            )


def install() -> None:
    """Let moto answer with these operations."""
    for path in moto.ec2.urls.url_paths:
        moto.ec2.urls.url_paths[path] = Ec2Operations.dispatch


def _is_on(attribute: Any) -> bool:
    return str(attribute).lower() == "true"
