"""The functions that programs invoke: what the account already has."""

from typing import Any

from local.plugins.aws.aws_resource_type import as_dict
from local.plugins.aws.client import AwsClient
from local.plugins.aws.email_identity import EmailIdentity
from local.plugins.aws.policy_document import get_policy_document
from local.plugins.aws.record import clean_name
from local.plugins.errors import OperationError


def get_region(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """The named region, else the provider's. Needs no account."""
    region = args.get("region") or args.get("name") or args.get("id") or client.region
    partition = client.partition(region)
    return {
        "id": region,
        "name": region,
        "region": region,
        "description": partition["regions"].get(region, {}).get("description", ""),
        "endpoint": f"ec2.{region}.{partition['dnsSuffix']}",
    }


def get_partition(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """The partition of the provider's region. Needs no account."""
    partition = client.partition(client.region)
    return {
        "id": partition["partition"],
        "partition": partition["partition"],
        "dnsSuffix": partition["dnsSuffix"],
        "reverseDnsPrefix": ".".join(reversed(partition["dnsSuffix"].split("."))),
    }


def get_caller_identity(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """Who the credentials belong to."""
    identity = client.call("reading STS Caller Identity", "sts", "get_caller_identity")
    account = identity["Account"]
    return {"id": account, "accountId": account, "arn": identity["Arn"], "userId": identity["UserId"]}


def get_zone(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """The one zone with the id, or with the name, the kind and the tags."""
    zone_id = args.get("zoneId") or _matching_zone(client, args)
    found = client.call(f"reading Route 53 Hosted Zone ({zone_id})", "route53", "get_hosted_zone", Id=zone_id)
    zone, config = found["HostedZone"], found["HostedZone"].get("Config", {})
    servers = found.get("DelegationSet", {}).get("NameServers", [])
    return {
        "id": zone_id,
        "zoneId": zone_id,
        "name": clean_name(zone["Name"]),
        "arn": client.arn("route53", f"hostedzone/{zone_id}", region=""),
        "callerReference": zone.get("CallerReference", ""),
        "comment": config.get("Comment", ""),
        "enableAcceleratedRecovery": False,
        "linkedServiceDescription": zone.get("LinkedService", {}).get("Description", ""),
        "linkedServicePrincipal": zone.get("LinkedService", {}).get("ServicePrincipal", ""),
        "nameServers": servers,
        "primaryNameServer": servers[0] if servers else "",
        "privateZone": config.get("PrivateZone", False),
        "resourceRecordSetCount": zone.get("ResourceRecordSetCount", 0),
        "tags": _zone_tags(client, zone_id),
        "vpcId": args.get("vpcId"),
    }


def get_access_keys(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """The keys of a user, without their secrets."""
    user = args["user"]
    found = client.call(f"reading IAM Access Keys ({user})", "iam", "list_access_keys", UserName=user)
    return {
        "id": user,
        "user": user,
        "accessKeys": [
            {
                "accessKeyId": key["AccessKeyId"],
                "createDate": key["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                "status": key["Status"],
            }
            for key in found["AccessKeyMetadata"]
        ],
    }


def get_email_identity(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """An identity of SES that exists."""
    identity = args["emailIdentity"]
    known = {"emailIdentity": identity, "region": args.get("region") or client.region}
    found = EmailIdentity(client).look_up(identity, known)
    if found is None:
        raise OperationError(
            f"reading SESv2 (Simple Email V2) Email Identity ({identity}): couldn't find resource"
        )
    dkim = found["dkimSigningAttributes"] or {}
    return {
        **{name: value for name, value in found.items() if name != "tagsAll"},
        "id": identity,
        "configurationSetName": found["configurationSetName"] or "",
        # A list here, unlike in the resource.
        "dkimSigningAttributes": [{name: value or "" for name, value in dkim.items()}],
    }


def get_vpc(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """The one VPC with the id, or with the properties and the tags."""
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    given = {
        "cidr": args.get("cidrBlock"),
        "isDefault": args.get("default") and "true",
        "state": args.get("state"),
    }
    exact = [{"Name": name, "Values": [value]} for name, value in given.items() if value]
    found = client.call(
        "reading EC2 VPCs",
        "ec2",
        "describe_vpcs",
        region=args.get("region"),
        VpcIds=[args["id"]] if args.get("id") else None,
        Filters=[*exact, *tags, *_filters(args)] or None,
    )["Vpcs"]
    if len(found) != 1:
        raise OperationError("no matching EC2 VPC found" if not found else "multiple EC2 VPCs matched")
    (vpc,) = found
    region = args.get("region") or client.region

    def attribute(name: str) -> bool:
        answer = client.call(
            "reading EC2 VPC",
            "ec2",
            "describe_vpc_attribute",
            region=region,
            VpcId=vpc["VpcId"],
            Attribute=name,
        )
        return answer[name[0].upper() + name[1:]]["Value"]

    return {
        "id": vpc["VpcId"],
        "region": region,
        "arn": client.arn("ec2", f"vpc/{vpc['VpcId']}", region),
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": each["AssociationId"],
                "cidrBlock": each["CidrBlock"],
                "state": each["CidrBlockState"]["State"],
            }
            for each in vpc.get("CidrBlockAssociationSet", ())
        ],
        "default": vpc.get("IsDefault", False),
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "enableDnsHostnames": attribute("enableDnsHostnames"),
        "enableDnsSupport": attribute("enableDnsSupport"),
        "enableNetworkAddressUsageMetrics": False,
        "instanceTenancy": vpc.get("InstanceTenancy", ""),
        "ipv6AssociationId": "",
        "ipv6CidrBlock": "",
        "mainRouteTableId": "",
        "ownerId": vpc.get("OwnerId", ""),
        "state": vpc.get("State", ""),
        "tags": as_dict(vpc.get("Tags", [])),
    }


def get_subnets(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """The ids of the subnets with the properties and the tags, perhaps none."""
    region = args.get("region") or client.region
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    filters = [*tags, *_filters(args)] or None
    found = client.call("reading EC2 Subnets", "ec2", "describe_subnets", region=region, Filters=filters)
    ids = [subnet["SubnetId"] for subnet in found["Subnets"]]
    return {"id": region, "region": region, "ids": ids, "tags": args.get("tags") or {}}


def get_vpc_endpoint_service(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """The one service with the name, seen from the provider's region."""
    reading = "reading EC2 VPC Endpoint Services"
    if not args.get("serviceName"):
        raise OperationError(f"{reading}: the local plugin knows a service by its serviceName only")
    found = client.call(reading, "ec2", "describe_vpc_endpoint_services", ServiceNames=[args["serviceName"]])[
        "ServiceDetails"
    ]
    if len(found) != 1:
        raise OperationError("no matching EC2 VPC Endpoint Service found")
    (service,) = found
    return {
        "id": service["ServiceId"],
        "region": client.region,
        "serviceId": service["ServiceId"],
        "serviceName": service["ServiceName"],
        "serviceRegion": client.region,
        "serviceType": service["ServiceType"][0]["ServiceType"],
        "acceptanceRequired": service["AcceptanceRequired"],
        "arn": client.arn("ec2", f"vpc-endpoint-service/{service['ServiceId']}", client.region),
        "availabilityZones": sorted(service["AvailabilityZones"]),
        "baseEndpointDnsNames": service["BaseEndpointDnsNames"],
        "managesVpcEndpoints": service["ManagesVpcEndpoints"],
        "owner": service["Owner"],
        "privateDnsName": service.get("PrivateDnsName", ""),
        "privateDnsNames": [each["PrivateDnsName"] for each in service.get("PrivateDnsNames", ())],
        "supportedIpAddressTypes": service.get("SupportedIpAddressTypes", ["ipv4"]),
        "tags": as_dict(service.get("Tags", [])),
        "vpcEndpointPolicySupported": service["VpcEndpointPolicySupported"],
    }


def _filters(args: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": each["name"], "Values": each["values"]} for each in args.get("filters") or ()]


FUNCTIONS = {
    "aws:iam/getAccessKeys:getAccessKeys": get_access_keys,
    "aws:ec2/getSubnets:getSubnets": get_subnets,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:ec2/getVpcEndpointService:getVpcEndpointService": get_vpc_endpoint_service,
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getRegion:getRegion": get_region,
    "aws:iam/getPolicyDocument:getPolicyDocument": get_policy_document,
    "aws:route53/getZone:getZone": get_zone,
    "aws:sesv2/getEmailIdentity:getEmailIdentity": get_email_identity,
}


def _matching_zone(client: AwsClient, args: dict[str, Any]) -> str:
    private = bool(args.get("privateZone") or args.get("vpcId"))
    matching = [
        zone_id
        for zone_id, zone in _zones(client)
        if args.get("name") is None or clean_name(zone["Name"]) == clean_name(args["name"])
        if zone.get("Config", {}).get("PrivateZone", False) == private
        if not args.get("tags") or args["tags"].items() <= _zone_tags(client, zone_id).items()
    ]
    if not matching:
        raise OperationError("no matching Route 53 Hosted Zone found")
    if len(matching) > 1:
        raise OperationError(
            "multiple Route 53 Hosted Zones matched; use additional constraints to reduce matches to a "
            "single Route 53 Hosted Zone"
        )
    return matching[0]


def _zones(client: AwsClient) -> list[tuple[str, dict[str, Any]]]:
    zones, marker = [], None
    while True:
        page = client.call("reading Route 53 Hosted Zones", "route53", "list_hosted_zones", Marker=marker)
        zones += [(zone["Id"].removeprefix("/hostedzone/"), zone) for zone in page["HostedZones"]]
        if not page.get("IsTruncated"):
            return zones
        marker = page["NextMarker"]


def _zone_tags(client: AwsClient, zone_id: str) -> dict[str, str]:
    answer = client.call(
        f"listing Route 53 Hosted Zone ({zone_id}) tags",
        "route53",
        "list_tags_for_resource",
        ResourceType="hostedzone",
        ResourceId=zone_id,
    )
    return as_dict(answer["ResourceTagSet"]["Tags"])
