"""What DockerRelay can be told."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

from .relay_args import RelayArgs
from .relay_options import RelayOptions


class DockerArgs(TypedDict):
    """How the relay runs on Docker. All of it has a default."""

    address: NotRequired[pulumi.Input[str]]
    """The address of the Docker host on which clients reach the relay. Defaults to `127.0.0.1`."""
    port: NotRequired[pulumi.Input[int]]
    """The port on that address. Defaults to `2525`."""
    submission_port: NotRequired[pulumi.Input[int]]
    """The port on that address for clients that log in; used with the options `submission_...`. Defaults to `587`."""
    memory: NotRequired[pulumi.Input[int]]
    """The memory limit in MiB, without swap. Defaults to `128`."""
    image: NotRequired[pulumi.Input[str]]
    """An image that was built from `components/image` elsewhere. Defaults to building it here."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete or replace the queue's volume: the mail in it would be lost. Defaults to
    `False`."""


class DockerRelayArgs(DockerArgs, RelayArgs):
    """Arguments of DockerRelay."""

    allowed_networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Networks whose clients may send, in CIDR form. Defaults to the container's own networks."""
    hostname: NotRequired[pulumi.Input[str]]
    """The name that the relay greets with. Defaults to the container's host name."""
    options: NotRequired[RelayOptions]
    """How the relay treats mail, waits, and reports. The port of `metrics_port` is published under the same number."""
