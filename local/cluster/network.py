"""The addresses of a cluster."""

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from local.tools import cache, command
from local.tools.failure import Failure

# Private blocks (RFC 1918) that the defaults of Docker, kind, minikube, kubeadm and cloud networks leave alone.
_BLOCKS = [IPv4Network(f"10.{number}.0.0/16") for number in range(200, 240)]


@dataclass(frozen=True)
class Network:
    """A block of addresses that this machine routes to one node."""

    block: IPv4Network

    @property
    def host(self) -> IPv4Address:
        """Where the node and its pods reach this machine."""
        return self.block[1]

    @property
    def node(self) -> IPv4Address:
        """Where this machine reaches the node."""
        return self.block[2]

    @property
    def link(self) -> int:
        """The prefix length of the network that has only these two."""
        return 30

    @property
    def pods(self) -> IPv4Network:
        """The addresses of pods."""
        return list(self.block.subnets(new_prefix=18))[1]

    @property
    def services(self) -> IPv4Network:
        """The addresses of Services. The first is the API server's."""
        return list(self.block.subnets(new_prefix=18))[2]

    @property
    def dns(self) -> IPv4Address:
        """The cluster's name server, at the customary tenth address."""
        return self.services[10]


def unused() -> Network:
    """A network that overlaps with no route of this machine. Raises Failure where there is none."""
    listed = command.run(["ip", "-json", "-4", "route", "show", "table", "all"], cache.log_file("ip-route"))
    return first_unused(route.get("dst", "default") for route in json.loads(listed or "[]"))


def first_unused(destinations: Iterable[str]) -> Network:
    """The first network that overlaps with none of these, written as `ip route` does. Raises Failure."""
    used = [IPv4Network(destination) for destination in destinations if destination != "default"]
    for block in _BLOCKS:
        if not any(block.overlaps(one) for one in used):
            return Network(block)
    raise Failure(
        f"This machine has routes into all of {_BLOCKS[0]} to {_BLOCKS[-1]}: a cluster needs one that is unused"
    )


def saved(path: Path) -> Network:
    """The network that `save` wrote."""
    return Network(ipaddress.ip_network(path.read_text()))


def save(network: Network, path: Path) -> None:
    """Write down a network for later runs."""
    path.write_text(str(network.block))
