"""docs/conformance.md says what the conformance suite tries."""

from pathlib import Path

import pytest

from tests.integration.conformance.behaviours import BEHAVIOURS

from .tables import table

pytestmark = pytest.mark.contract

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


def test_the_table_is_the_suite():
    assert table("behaviours", DOCUMENT) == [
        [
            behaviour.name,
            behaviour.outcome.value,
            behaviour.readiness,
            behaviour.line.format(host="HOST", upstream="HOST:PORT"),
        ]
        for behaviour in BEHAVIOURS
    ]


def test_every_behaviour_has_a_name_of_its_own():
    assert len({behaviour.name for behaviour in BEHAVIOURS}) == len(BEHAVIOURS)
