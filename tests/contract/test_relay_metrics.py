"""The names of the container's metrics are an interface: the table and the code say the same."""

import pytest

from components.image.relay.metrics import FAMILIES
from tests.contract.tables import table

pytestmark = pytest.mark.contract

SUFFIXES = {"counter": "_total", "info": "_info"}


def test_the_table_has_each_metric_with_its_type_labels_and_meaning():
    documented = [
        (name, kind, labels.replace("`", ""), meaning) for name, kind, labels, meaning in table("metrics")
    ]
    assert documented == [
        (family.name + SUFFIXES.get(family.type, ""), family.type, ", ".join(family.labels), family.help)
        for family in FAMILIES
    ]
