"""What the network looks like from inside the container."""

import ipaddress
import socket
import sys
from contextlib import suppress

from .checks import WIDEST_PREFIX

LOOPBACK = ("127.0.0.0/8", "::1/128")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def attached(routes: str, addresses6: str) -> list[Network]:
    """The networks whose hosts are reached without a router.

    `routes` is the text of /proc/net/route, `addresses6` that of /proc/net/if_inet6. Routes that are wider than any
    list of allowed networks may be (a default route through a tunnel) are left out.
    """
    networks: list[Network] = []
    for line in routes.splitlines()[1:]:
        _, destination, gateway, _, _, _, _, mask, *_ = line.split()
        if int(gateway, 16) == 0:
            networks.append(ipaddress.ip_network((_ipv4(destination), int(mask, 16).bit_count())))
    for line in addresses6.splitlines():
        address, _, prefix_length, *_ = line.split()
        networks.append(ipaddress.ip_network((bytes.fromhex(address), int(prefix_length, 16)), strict=False))
    return [network for network in networks if network.prefixlen >= WIDEST_PREFIX[network.version]]


def _ipv4(word: str) -> bytes:
    # The kernel prints the address as a number of the machine's own byte order.
    return int(word, 16).to_bytes(4, sys.byteorder)


def here() -> list[Network]:
    """The networks that this container is attached to, loopback among them."""
    texts = {"/proc/net/route": "", "/proc/net/if_inet6": ""}
    for path in texts:
        with suppress(FileNotFoundError), open(path, encoding="ascii") as table:
            texts[path] = table.read()
    return [*map(ipaddress.ip_network, LOOPBACK), *attached(*texts.values())]


def reach_ipv6(networks: list[Network]) -> bool:
    """Whether one of `networks` lets this container talk to IPv6 hosts elsewhere."""
    return any(net.version == 6 and not net.is_loopback and not net.is_link_local for net in networks)


def can_listen_on_ipv6() -> bool:
    """Whether the kernel has IPv6 at all."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True
