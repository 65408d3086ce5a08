"""How a deployment is sized, and that docs/sizing.md says just that."""

import json
from pathlib import Path

import pytest

from bench import sizing
from bench.figures import Figure, table
from bench.sizing import Measured, size

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "sizing.md").read_text()
RUN = json.loads((DOCS / "sizing.json").read_text())
FIGURES = [Figure(**figure) for figure in RUN["figures"]]

LAST = Path(__file__).parents[2] / "build" / "bench.json"

MEASURED = Measured(rate=100.0, cpu_seconds=2.0, idle_millicores=50.0, queue_kib=8.0)


def test_the_table_of_the_page_follows_from_the_measured_figures():
    assert sizing.table(FIGURES) in PAGE


def test_the_arithmetic_of_the_page_is_that_of_the_table():
    assert sizing.arithmetic(FIGURES, 10_000_000) in PAGE


def test_the_page_says_when_and_on_what_was_measured():
    assert RUN["date"] in PAGE
    assert RUN["machine"] in PAGE


def test_the_page_shows_every_figure_that_was_measured():
    assert table(FIGURES) in PAGE


@pytest.fixture
def last():
    """The figures of the last `make bench` here."""
    figures = [Figure(**figure) for figure in json.loads(LAST.read_text())] if LAST.exists() else []
    if sizing.ARRIVED not in {figure.name for figure in figures if figure.subject == sizing.REPLICA}:
        pytest.skip(
            "build/bench.json has no figures of a cluster: `make bench ARGS=kubernetes` measures them"
        )
    return figures


def test_the_last_run_makes_such_a_table_too(last):
    rows = {row.split(" | ")[0]: row for row in sizing.table(last).splitlines()}
    for messages_a_day in sizing.DAYS:
        found = size(messages_a_day, Measured.among(last))
        rate, replicas = f"{found.rate:,.1f}", f"{found.replicas:,}"
        assert rows[f"| {messages_a_day:,}"].split(" | ")[1:3] == [rate, replicas]
        assert f"{rate} a second" in sizing.arithmetic(last, messages_a_day)
        assert f"-> {replicas}\n" in sizing.arithmetic(last, messages_a_day)


def test_another_rate_is_another_table():
    slower = [
        Figure(each.name, each.subject, each.value / 10, each.unit) if each.name == sizing.ARRIVED else each
        for each in FIGURES
    ]
    assert sizing.table(slower) not in PAGE


def test_the_price_is_that_of_the_page_on_cost():
    assert f"{sizing.USD_FOR_1000:.2f} USD for 1,000" in (DOCS / "cost.md").read_text()


def test_the_busiest_hour_decides_how_many_replicas():
    # 36 million a day are 6 million in the busiest hour, 1,667 a second.
    assert size(36_000_000, MEASURED).rate == pytest.approx(1666.7, abs=0.1)
    assert size(36_000_000, MEASURED).replicas == 34


def test_an_upstream_far_away_needs_replicas_for_their_connections():
    fast = Measured(rate=10_000.0, cpu_seconds=2.0, idle_millicores=50.0, queue_kib=8.0)
    assert size(36_000_000, fast).connections == 334
    assert size(36_000_000, fast).replicas == 17


def test_there_are_never_fewer_than_two_replicas():
    assert size(1, MEASURED).replicas == 2


def test_a_queue_holds_the_busiest_hour():
    # 6 million messages of 8 KiB on 34 replicas: 1.35 GiB each.
    assert size(36_000_000, MEASURED).volume_gib == 2


def test_replicas_without_mail_cost_their_probes():
    assert size(1, MEASURED).cores == pytest.approx(0.1, abs=0.001)


def test_a_figure_that_is_missing_is_named():
    with pytest.raises(ValueError, match="no figure 'room in the queue, 4 KB'"):
        Measured.among([figure for figure in FIGURES if not figure.name.startswith(sizing.QUEUE_ROOM)])
