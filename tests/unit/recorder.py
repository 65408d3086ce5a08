"""Runs a Pulumi program on mocks and records every resource that it registers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import pulumi
from pulumi.runtime import rpc

DKIM_TOKENS = ["tokenone", "tokentwo", "tokenthree"]
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
IDENTITY_ARN = "arn:aws:ses:eu-west-1:123456789012:identity/example.com"

# What the cloud adds to a resource once it is created, so that what depends on it can be seen.
_CREATED = {
    "aws:iam/user:User": {"name": "relay-smtp-1a2b3c4"},
    "aws:iam/accessKey:AccessKey": {"secret": SECRET_ACCESS_KEY},
    "aws:secretsmanager/secret:Secret": {"arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:copy"},
    "aws:ssm/parameter:Parameter": {"arn": "arn:aws:ssm:eu-west-1:123456789012:parameter/copy"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "dnsEntries": [{"dnsName": "vpce-1.email-smtp.eu-west-1.vpce.amazonaws.com", "hostedZoneId": "Z1"}]
    },
    "aws:kms/key:Key": {"arn": "arn:aws:kms:eu-west-1:123456789012:key/made"},
    "aws:sns/topic:Topic": {"arn": "arn:aws:sns:eu-west-1:123456789012:topic"},
    "docker:index/container:Container": {"name": "relay-1a2b3c4"},
    "docker:index/volume:Volume": {"name": "relay-queue-1a2b3c4"},
    "docker:index/network:Network": {"name": "relay-1a2b3c4"},
}


# Ids that a program looks at.
_IDS = {"aws:ec2/vpcEndpoint:VpcEndpoint": "vpce-0123"}


class Refusal(grpc.RpcError):
    """What a provider says when it cannot do what a program asks for."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return str(self)


def _ses_arn(region: str, resource: str) -> str:
    return f"arn:aws:ses:{region}:123456789012:{resource}"


def _called_after(args: pulumi.runtime.MockResourceArgs) -> dict[str, Any]:
    """What tells several resources of one type apart."""
    if args.typ.startswith("kubernetes:"):
        return {"metadata": {"name": f"{args.name}-1a2b3c4", **args.inputs.get("metadata", {})}}
    region = args.inputs.get("region", "eu-west-1")
    if args.typ == "aws:sesv2/emailIdentity:EmailIdentity":
        # Tokens differ from region to region.
        tokens = DKIM_TOKENS if region == "eu-west-1" else [f"{token}-{region}" for token in DKIM_TOKENS]
        return {
            "arn": _ses_arn(region, f"identity/{args.inputs['emailIdentity']}"),
            "dkimSigningAttributes": {"tokens": tokens},
        }
    if args.typ == "aws:sesv2/configurationSet:ConfigurationSet":
        return {"arn": _ses_arn(region, f"configuration-set/{args.inputs['configurationSetName']}")}
    if args.typ == "aws:sqs/queue:Queue":
        return {
            "arn": f"arn:aws:sqs:eu-west-1:123456789012:{args.name}",
            "name": args.name,
            "url": f"https://sqs.eu-west-1.amazonaws.com/123456789012/{args.name}",
        }
    return {"name": args.name} if args.typ == "aws:cloudwatch/metricAlarm:MetricAlarm" else {}


_ZONE_IDS = {"example.com": "Z0FOUNDBYNAME"}
# The name of every zone that is asked for by its id.
_GIVEN_ZONE = "example.com"


def _zone(args: dict[str, Any]) -> dict[str, Any]:
    if "zoneId" in args:
        return {"zoneId": args["zoneId"], "name": _GIVEN_ZONE}
    if args["name"].startswith("twice."):
        raise Refusal("multiple Route 53 Hosted Zones matched; use additional constraints")
    if args["name"] not in _ZONE_IDS:
        raise Refusal(f"no matching Route 53 Hosted Zone found: {args['name']}")
    return {"zoneId": _ZONE_IDS[args["name"]], "name": args["name"]}


# The subnets that there are, each with its zone; SES is in the first two.
_ZONES = {"subnet-a": "eu-west-1a", "subnet-b": "eu-west-1b", "subnet-c": "eu-west-1c"}


def _subnets(args: dict[str, Any]) -> dict[str, Any]:
    wanted = {each["name"]: each["values"] for each in args["filters"]}
    zones = wanted["availability-zone"]
    return {"ids": [subnet for subnet in wanted["subnet-id"] if _ZONES.get(subnet) in zones]}


_ANSWERS = {
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getVpc:getVpc": lambda args: {
        "enableDnsSupport": True,
        "enableDnsHostnames": args["id"] != "vpc-without-names",
    },
    "aws:ec2/getVpcEndpointService:getVpcEndpointService": lambda args: {
        "availabilityZones": [] if "silent" in args["serviceName"] else ["eu-west-1a", "eu-west-1b"]
    },
    "aws:index/getRegion:getRegion": lambda _: {"region": "eu-west-1"},
    "aws:route53/getZone:getZone": _zone,
    "aws:iam/getAccessKeys:getAccessKeys": lambda _: {"accessKeys": [{"accessKeyId": "AKIAOLD"}]},
    "aws:sesv2/getEmailIdentity:getEmailIdentity": lambda _: {
        "arn": IDENTITY_ARN,
        "configurationSetName": "theirs",
        "dkimSigningAttributes": [{"tokens": DKIM_TOKENS, "signingAttributesOrigin": "AWS_SES"}],
    },
}


@dataclass
class Recorded:
    """One registered resource: its inputs with secrets unwrapped, and which inputs were secret."""

    type: str
    name: str
    inputs: dict[str, Any]
    secret: set[str]
    provider: str


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """What a program registered, in order."""

    resources: list[Recorded] = field(default_factory=list)
    preview: bool = False

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        secret = {key for key, value in args.inputs.items() if rpc.is_rpc_secret(value)}
        inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in args.inputs.items()}
        self.resources.append(Recorded(args.typ, args.name, inputs, secret, args.provider or ""))
        # In a preview the cloud has added nothing yet: what the program does not set is unknown.
        if self.preview:
            # But the Kubernetes provider makes up names before that.
            named = _called_after(args) if args.typ.startswith("kubernetes:") else {}
            return args.resource_id or "", args.inputs | named
        return args.resource_id or _IDS.get(args.typ, f"{args.name}-id"), args.inputs | _CREATED.get(
            args.typ, {}
        ) | _called_after(args)

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return _ANSWERS[args.token](args.args)

    def named(self, name: str, type_: str = "") -> Recorded:
        """The one resource of that logical name (and whose type ends with `type_`)."""
        (found,) = [r for r in self.resources if r.name == name and r.type.endswith(type_)]
        return found

    def names(self) -> list[tuple[str, str]]:
        """Every registered resource as (type, name), sorted."""
        return sorted((r.type, r.name) for r in self.resources)


def record(
    program: Callable[[], Any], preview: bool = False, context: str = "test"
) -> tuple[Recorder, dict[str, Any]]:
    """Run `program` and return what it registered, and the plain values of the Outputs it returns by name.

    `context` is the cluster that the stack's configuration names.
    """
    recorder = Recorder(preview=preview)
    pulumi.runtime.set_config("kubernetes:context", context)
    pulumi.runtime.set_mocks(recorder, project="mail-relay", stack="test", preview=preview)
    values: dict[str, Any] = {}

    @pulumi.runtime.test
    def run():
        returned = program() or {}
        return pulumi.Output.all(**returned).apply(values.update)

    try:
        run()
    finally:
        _end_pending_tasks()
    return recorder, values


def _end_pending_tasks() -> None:
    """End what a program that failed leaves suspended.

    Ended by the garbage collector at a moment of its choice, that can hit the compiler of Python 3.11, which then fails
    (https://github.com/python/cpython/issues/106905).
    """
    loop = asyncio.get_event_loop_policy().get_event_loop()
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
