"""aws:ec2/vpcEndpoint:VpcEndpoint"""

from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import one_of
from local.plugins.aws.documents import policy_property
from local.plugins.aws.ec2_resource_type import Ec2ResourceType
from local.plugins.errors import OperationError
from local.plugins.property import Change, Property, not_implemented

_IDS = Property(list, element=Property(str), as_set=True, computed=True)
_TYPES = ("Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork")
# By property: what ModifyVpcEndpoint calls the additions and the removals.
_LISTS = {
    "subnetIds": ("AddSubnetIds", "RemoveSubnetIds"),
    "securityGroupIds": ("AddSecurityGroupIds", "RemoveSecurityGroupIds"),
    "routeTableIds": ("AddRouteTableIds", "RemoveRouteTableIds"),
}


class VpcEndpoint(Ec2ResourceType):
    """A way from a VPC to a service of AWS that does not lead over the internet."""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"  # noqa: S105
    noun = "EC2 VPC Endpoint"
    kind = "vpc-endpoint"
    id_parameter = "VpcEndpointIds"
    listed = "VpcEndpoints"
    creates = "create_vpc_endpoint"
    reads = "describe_vpc_endpoints"
    updates = "modify_vpc_endpoint"
    deletes = "delete_vpc_endpoints"
    gone = ("InvalidVpcEndpointId.NotFound",)
    properties: ClassVar = {
        "vpcId": Property(str, required=True, replaces=True),
        "policy": policy_property(computed=True),
        "privateDnsEnabled": Property(bool, computed=True),
        "routeTableIds": _IDS,
        "securityGroupIds": _IDS,
        "serviceName": Property(str, replaces=True),
        "subnetIds": _IDS,
        "vpcEndpointType": Property(str, replaces=True, default="Gateway", validate=one_of(*_TYPES)),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "cidrBlocks": Property(list, element=Property(str), output_only=True),
        "dnsEntries": Property(
            list,
            output_only=True,
            element=Property(dict, properties={"dnsName": Property(str), "hostedZoneId": Property(str)}),
        ),
        "networkInterfaceIds": Property(list, element=Property(str), output_only=True),
        "ownerId": Property(str, output_only=True),
        "prefixListId": Property(str, output_only=True),
        "requesterManaged": Property(bool, output_only=True),
        "state": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        **not_implemented(
            "autoAccept",
            "dnsOptions",
            "ipAddressType",
            "resourceConfigurationArn",
            "serviceNetworkArn",
            "serviceRegion",
            "subnetConfigurations",
        ),
    }

    def replaces_now(self, change: Change, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> bool:
        """Only an interface can change its private DNS."""
        return change.path == "privateDnsEnabled" and inputs.get("vpcEndpointType") != "Interface"

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the endpoint; the local account has it available at once."""
        created = self.client.call(
            f"creating EC2 VPC Endpoint ({inputs.get('serviceName')})",
            "ec2",
            self.creates,
            region=inputs["region"],
            VpcId=inputs["vpcId"],
            ServiceName=inputs.get("serviceName"),
            VpcEndpointType=inputs["vpcEndpointType"],
            PolicyDocument=inputs.get("policy") or None,
            PrivateDnsEnabled=inputs.get("privateDnsEnabled"),
            SubnetIds=inputs.get("subnetIds") or None,
            SecurityGroupIds=inputs.get("securityGroupIds") or None,
            RouteTableIds=inputs.get("routeTableIds") or None,
            TagSpecifications=self.specification(inputs),
        )
        return created["VpcEndpoint"]["VpcEndpointId"], {}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """The endpoint as EC2 describes it, for a while after the deletion too."""
        if answer["State"].lower() in ("deleting", "deleted"):
            return None
        entries = [
            {"dnsName": entry["DnsName"], "hostedZoneId": entry.get("HostedZoneId", "")}
            for entry in answer.get("DnsEntries", ())
        ]
        resource = f"vpc-endpoint/{answer['VpcEndpointId']}"
        return {
            "vpcId": answer["VpcId"],
            "serviceName": answer["ServiceName"],
            "vpcEndpointType": answer["VpcEndpointType"],
            "policy": answer.get("PolicyDocument"),
            "privateDnsEnabled": answer.get("PrivateDnsEnabled", False),
            "routeTableIds": answer.get("RouteTableIds", []),
            "securityGroupIds": [group["GroupId"] for group in answer.get("Groups", ())],
            "subnetIds": answer.get("SubnetIds", []),
            "arn": self.client.arn("ec2", resource, known["region"]),
            "cidrBlocks": [],
            "dnsEntries": entries,
            "networkInterfaceIds": answer.get("NetworkInterfaceIds", []),
            "ownerId": answer.get("OwnerId"),
            "requesterManaged": answer.get("RequesterManaged", False),
            "state": answer["State"].lower(),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Add and remove what the lists gained and lost."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        request: dict[str, Any] = {}
        for name, (additions, removals) in _LISTS.items():
            if name in changed:
                old, new = set(old_outputs.get(name) or ()), set(inputs.get(name) or ())
                request |= {additions: sorted(new - old) or None, removals: sorted(old - new) or None}
        if "policy" in changed:
            request["PolicyDocument"] = inputs["policy"]
        if "privateDnsEnabled" in changed:
            request["PrivateDnsEnabled"] = inputs["privateDnsEnabled"]
        if request:
            self.call("updating", self.updates, inputs, VpcEndpointId=resource_id, **request)
        self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the endpoint. What EC2 could not delete it returns, which is an error too."""
        answer = self.call("deleting", self.deletes, outputs, absent=self.gone, VpcEndpointIds=[resource_id])
        for failed in (answer or {}).get("Unsuccessful", ()):
            if failed["Error"]["Code"] not in self.gone:
                raise OperationError(f"deleting {self.noun} ({resource_id}): {failed['Error']['Message']}")
