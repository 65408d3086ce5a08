"""What SesEndpoint can be told."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

from .ses_regions import SesRegionData


class SesEndpointOptions(TypedDict):
    """Where the endpoint is, and who may reach it."""

    vpc_id: pulumi.Input[str]
    """The VPC that the relay runs in."""
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Subnets of it, one in each availability zone; AWS charges for each. SES is not in every zone."""
    allowed_networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Networks that may reach it, in CIDR form. This or `allowed_security_groups` is needed."""
    allowed_security_groups: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Security groups whose members may reach it."""
    private_dns: NotRequired[bool]
    """Whether SES's public name leads to the endpoint in the whole VPC. Without it lead that name there yourself, in a
    private zone, as AWS promises a certificate for no other, and name it to a MailRelay as `host`. Defaults to
    `True`."""


class SesEndpointArgs(SesEndpointOptions):
    """Arguments of SesEndpoint."""

    port: NotRequired[pulumi.Input[int]]
    """The port that the relay connects to: `587`, `2587` or `25` with STARTTLS, `465` or `2465` with TLS from the first
    byte. Defaults to `587`."""
    region: NotRequired[pulumi.Input[str]]
    """The region of the VPC. Defaults to the region of the AWS provider."""
    region_data: NotRequired[SesRegionData]
    """What this version does not know about the region. Defaults to what AWS has published."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of everything that can have some."""
