"""How measured values become a table."""

import pytest

from bench.figures import Figure, medians, rate, table

pytestmark = pytest.mark.unit


def test_the_median_of_the_rounds_counts():
    rounds = [Figure("arrived", "ours", value, "1/s") for value in (10.0, 900.0, 20.0)]
    assert medians([*rounds, Figure("arrived", "stock", 5.0, "1/s")]) == [
        Figure("arrived", "ours", 20.0, "1/s"),
        Figure("arrived", "stock", 5.0, "1/s"),
    ]


def test_the_rate_counts_what_arrived_from_the_start_on():
    assert rate([11.0, 12.0, 14.0], start=10.0) == 0.75


def test_nothing_arrived_is_a_rate_of_nothing():
    assert rate([], start=10.0) == 0.0


def test_the_table_has_a_row_for_each_name_and_a_column_for_each_subject():
    figures = [
        Figure("a", "ours", 1.5, "s"),
        Figure("a", "stock", 250.0, "s"),
        Figure("b", "stock", 2.0, "MB"),
    ]
    assert [line.split() for line in table(figures).splitlines()] == [
        ["ours", "stock"],
        ["a", "(s)", "1.50", "250"],
        ["b", "(MB)", "-", "2.00"],
    ]
