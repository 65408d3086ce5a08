"""What SesAccount can be told."""

from typing import NotRequired, TypedDict

import pulumi


class SesAccountArgs(TypedDict):
    """Arguments of SesAccount. All of it has a default."""

    region: NotRequired[pulumi.Input[str]]
    """The region that it counts in. Defaults to the region of the AWS provider."""
    suppression: NotRequired[list[str]]
    """What puts a recipient on the account's suppression list, unless a configuration set says otherwise: of `BOUNCE`
    and `COMPLAINT`. Defaults to both."""
    vdm: NotRequired[bool]
    """Whether the Virtual Deliverability Manager watches engagement and spreads the load of the whole account; it costs
    by the message. Defaults to not touching it."""
