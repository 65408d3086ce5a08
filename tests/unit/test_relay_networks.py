"""Which networks the container takes for its own."""

import ipaddress
import sys

import pytest

from components.image.relay.networks import attached, reach_ipv6

pytestmark = pytest.mark.unit


def routes(*networks: tuple[str, str, str]) -> str:
    """The text of /proc/net/route for networks, gateways and masks."""

    def word(address: str) -> str:
        return f"{int.from_bytes(ipaddress.IPv4Address(address).packed, sys.byteorder):08X}"

    lines = (
        f"eth0\t{word(network)}\t{word(gateway)}\t0001\t0\t0\t0\t{word(mask)}\t0\t0\t0"
        for network, gateway, mask in networks
    )
    return "\n".join(
        ["Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT", *lines]
    )


def test_a_network_without_a_router_is_attached():
    assert list(map(str, attached(routes(("172.17.0.0", "0.0.0.0", "255.255.0.0")), ""))) == ["172.17.0.0/16"]


def test_a_network_behind_a_router_is_not_attached():
    assert attached(routes(("10.0.0.0", "172.17.0.1", "255.0.0.0")), "") == []


@pytest.mark.parametrize("mask", ["0.0.0.0", "128.0.0.0"])
def test_a_default_route_through_a_tunnel_does_not_open_the_relay(mask: str):
    assert attached(routes(("0.0.0.0", "0.0.0.0", mask)), "") == []


def test_an_ipv6_network_is_attached():
    addresses = "fd000000000000000000000000000002 04 40 00 82     eth0\n"
    assert list(map(str, attached("", addresses))) == ["fd00::/64"]


@pytest.mark.parametrize(
    ("network", "reached"), [("::1/128", False), ("fe80::/64", False), ("fd00::/64", True)]
)
def test_loopback_and_link_local_addresses_reach_no_ipv6_host(network: str, reached: bool):
    assert reach_ipv6([ipaddress.ip_network(network)]) == reached
