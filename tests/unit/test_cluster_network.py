"""Where the addresses of a cluster come from."""

import pytest

from local.cluster import network
from local.tools.failure import Failure

pytestmark = pytest.mark.unit


def test_a_cluster_takes_the_first_block_that_no_route_leads_to():
    routes = ["default", "172.17.0.0/16", "10.200.0.0/16", "10.201.0.1"]
    assert str(network.first_unused(routes).block) == "10.202.0.0/16"


def test_a_wide_route_takes_all_blocks_below_it():
    assert str(network.first_unused(["10.200.0.0/13"]).block) == "10.208.0.0/16"


def test_a_machine_whose_routes_take_all_blocks_is_told_which():
    with pytest.raises(Failure, match=r"10\.200\.0\.0/16 to 10\.239\.0\.0/16"):
        network.first_unused(["10.0.0.0/8"])


def test_pods_and_services_have_parts_of_the_block_without_the_link_to_the_node():
    addresses = network.first_unused([])
    parts = [addresses.pods, addresses.services]
    assert all(part.subnet_of(addresses.block) for part in parts)
    assert not addresses.pods.overlaps(addresses.services)
    assert not any(address in part for part in parts for address in (addresses.host, addresses.node))
    assert addresses.dns in addresses.services
