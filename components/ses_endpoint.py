"""A VPC endpoint for SES's SMTP endpoint: mail leaves the VPC without the internet.

https://docs.aws.amazon.com/ses/latest/dg/send-email-set-up-vpc-endpoints.html
"""

import ipaddress
from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import ec2, get_region_output

from .arguments import InvalidArgument, checked, checked_args
from .image.relay.checks import CHECKS
from .ses_endpoint_args import SesEndpointArgs
from .ses_regions import STARTTLS_PORTS, SesRegion, ses_region

# Types of ec2 stand in quotes below: to look one up loads all of that module, which takes half a second.


class SesEndpoint(pulumi.ComponentResource):
    """A private way to SES, open on one port to those that are named and to nobody else.

    - the VPC endpoint
    - its security group

    Subnets in availability zones without SES, and a VPC without the DNS that private names need, are refused in the
    preview, where they are known and the region is the AWS provider's; else by AWS itself.
    """

    host: pulumi.Output[str]
    """The name to connect to: the one in SES's certificate, which leads to the endpoint inside the VPC."""
    dns_name: pulumi.Output[str]
    """The endpoint's own name, for a private zone of yours. SES's certificate has been seen to hold it, but AWS does
    not promise that: better connect to `host`."""
    endpoint_id: pulumi.Output[str]
    """Its id, for a login that is good only through it (`conditions.vpc_endpoint` of SmtpCredentials)."""
    security_group_id: pulumi.Output[str]
    """The id of its security group."""

    def __init__(self, name: str, args: SesEndpointArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SesEndpoint", name, {}, opts)
        args = checked_args("SesEndpoint", args, SesEndpointArgs)
        if not (args.get("allowed_networks") or args.get("allowed_security_groups")):
            raise InvalidArgument(
                "SesEndpoint",
                "allowed_networks | allowed_security_groups",
                "neither is given, so that nobody could reach the endpoint: name who may",
            )
        home = get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        region = pulumi.Output.from_input(args.get("region", home))
        published = region.apply(lambda known: ses_region(known, args.get("region_data")))

        group = self._create_security_group(name, args)
        endpoint = self._create_endpoint(name, args, group, published, region, home)

        self.host = published.apply(lambda known: known.relay_host())
        self.dns_name = endpoint.dns_entries[0]["dns_name"]
        self.endpoint_id = endpoint.id
        self.security_group_id = group.id
        self.register_outputs(
            {
                "host": self.host,
                "dns_name": self.dns_name,
                "endpoint_id": self.endpoint_id,
                "security_group_id": self.security_group_id,
            }
        )

    def _create_security_group(self, name: str, args: SesEndpointArgs) -> "ec2.SecurityGroup":
        networks = checked(
            "SesEndpoint", "allowed_networks", args.get("allowed_networks", []), CHECKS["allowed_networks"]
        )
        port = args.get("port", STARTTLS_PORTS[0])
        return ec2.SecurityGroup(
            name,
            description="SMTP to Amazon SES",
            vpc_id=args["vpc_id"],
            # Here and not as resources of their own: so a rule that somebody adds by hand is seen, and taken away.
            ingress=[
                {
                    "description": "clients of the endpoint",
                    "protocol": "tcp",
                    "from_port": port,
                    "to_port": port,
                    "cidr_blocks": _of_version(4, networks),
                    "ipv6_cidr_blocks": _of_version(6, networks),
                    "security_groups": args.get("allowed_security_groups"),
                }
            ],
            # The endpoint begins no connection.
            egress=[],
            region=args.get("region"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_endpoint(
        self,
        name: str,
        args: SesEndpointArgs,
        group: "ec2.SecurityGroup",
        published: pulumi.Output[SesRegion],
        region: pulumi.Output[str],
        home: pulumi.Output[str],
    ) -> "ec2.VpcEndpoint":
        private_dns = args.get("private_dns", True)
        service = published.apply(lambda known: known.endpoint_service)
        vpc = pulumi.Output.all(args["vpc_id"], region)
        subnets = pulumi.Output.all(subnets=args["subnet_ids"], service=service, region=region, home=home)
        return ec2.VpcEndpoint(
            name,
            vpc_id=vpc.apply(self._check_private_dns) if private_dns else args["vpc_id"],
            service_name=service,
            vpc_endpoint_type="Interface",
            subnet_ids=subnets.apply(self._check_zones),
            security_group_ids=[group.id],
            private_dns_enabled=private_dns,
            region=args.get("region"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _check_private_dns(self, known: Sequence[str]) -> str:
        vpc_id, region = known
        vpc = ec2.get_vpc(id=vpc_id, region=region, opts=pulumi.InvokeOptions(parent=self))
        if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
            raise InvalidArgument(
                "SesEndpoint",
                "private_dns",
                f"needs enableDnsSupport and enableDnsHostnames of the VPC {vpc_id!r}: switch both on, or give False "
                "and lead SES's name to the endpoint yourself",
            )
        return vpc_id

    def _check_zones(self, known: dict[str, Any]) -> list[str]:
        subnets = known["subnets"]
        if not subnets:
            raise InvalidArgument("SesEndpoint", "subnet_ids", "is empty: name one subnet at least")
        if known["region"] != known["home"]:
            return subnets  # in which zones a service is AWS tells in its own region only
        opts = pulumi.InvokeOptions(parent=self)
        zones = ec2.get_vpc_endpoint_service(service_name=known["service"], opts=opts).availability_zones
        if not zones:
            return subnets  # nor does GovCloud tell
        filters = [{"name": "subnet-id", "values": subnets}, {"name": "availability-zone", "values": zones}]
        others = sorted(set(subnets) - set(ec2.get_subnets(filters=filters, opts=opts).ids))
        if others:
            raise InvalidArgument(
                "SesEndpoint",
                "subnet_ids",
                f"{', '.join(others)}: not in a zone that has SES, or no such subnet; use subnets in "
                f"{', '.join(zones)}",
            )
        return subnets


def _of_version(version: int, networks: pulumi.Input[Sequence[str]]) -> pulumi.Output[list[str]]:
    return pulumi.Output.from_input(networks).apply(
        lambda known: [network for network in known if ipaddress.ip_network(network).version == version]
    )
