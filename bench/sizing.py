"""From measured figures to the size of a deployment. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from bench.figures import Figure
from components.image.relay.settings import Settings

ARRIVED = "arrived: TLS and login, 4 KB"
CPU = "CPU: TLS and login, 4 KB"
CPU_STEADY = "CPU: 20 messages a second for each replica"
CPU_IDLE = "CPU, idle"
MEMORY = "memory, idle"
QUEUE_ROOM = "room in the queue"
REPLICA = "1 replica"
"""The names that the figures have, and the subject of those that one replica is judged by."""

DAYS = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
"""Messages a day, for the rows of the table."""

BUSIEST_HOUR = 1 / 6
"""The share of a day's messages that its busiest hour has. Assumed."""
BUSY_AT_MOST = 1 / 2
"""The share of what a replica can do that the busiest hour may ask of it. Chosen: the other half takes over for a
replica that is missing, and brings away what an outage has left."""
LEAST_REPLICAS = 2
"""So that one may go. The component's default."""
LEAST_VOLUME_GIB = 1
"""The component's default."""
REPLIES = 4
"""What a connection waits for with each message: the replies to MAIL, RCPT, DATA and the final dot."""
REPLY_SECONDS = 0.05
"""How long the upstream takes for a reply. Assumed."""
CONNECTIONS_OF_A_REPLICA = Settings.max_connections
"""Its most, by default."""
USD_FOR_1000 = 0.10
"""https://aws.amazon.com/ses/pricing/, without attachments; see docs/cost.md."""
DAYS_A_MONTH = 30

_HOUR_SECONDS = 3600
_COLUMNS = (
    "messages a day",
    "a second, busiest hour",
    "replicas",
    "CPU cores in use",
    "GiB of each queue",
    "connections",
    "SES quota a second",
    "USD a month",
)


@dataclass(frozen=True)
class Measured:
    """What is taken from the figures."""

    rate: float
    """Messages a second that arrived through one replica."""
    cpu_seconds: float
    """For 1,000 messages: the most of any number of replicas."""
    idle_millicores: float
    """The CPU of a replica without mail: its probes."""
    queue_kib: float
    """What a message of 4 KB takes on the volume."""

    @classmethod
    def among(cls, figures: Sequence[Figure]) -> "Measured":
        """Those of a run of `make bench ARGS=kubernetes`. Raises ValueError when one is missing."""
        return cls(
            max(_values(figures, ARRIVED, REPLICA)),
            max(_values(figures, CPU, "replica")),
            max(_values(figures, CPU_IDLE, REPLICA)),
            max(_values(figures, f"{QUEUE_ROOM}, 4 KB", "replica")),
        )


@dataclass(frozen=True)
class Size:
    """A deployment for so many messages a day."""

    messages_a_day: int
    rate: float
    """Messages a second in the busiest hour."""
    replicas: int
    cores: float
    volume_gib: int
    """Of each replica: holds an hour of the busiest ones, while the upstream is away."""
    connections: int
    """To the upstream, of all replicas."""
    quota: int
    """The sending rate of the SES account, in messages a second."""
    usd_a_month: float


def size(messages_a_day: int, measured: Measured) -> Size:
    """What it takes."""
    in_the_hour = messages_a_day * BUSIEST_HOUR
    rate = in_the_hour / _HOUR_SECONDS
    connections = rate * REPLIES * REPLY_SECONDS
    replicas = max(
        LEAST_REPLICAS,
        ceil(rate / (measured.rate * BUSY_AT_MOST)),
        ceil(connections / CONNECTIONS_OF_A_REPLICA),
    )
    return Size(
        messages_a_day,
        rate,
        replicas,
        cores=(rate * measured.cpu_seconds + replicas * measured.idle_millicores) / 1000,
        volume_gib=max(LEAST_VOLUME_GIB, ceil(in_the_hour / replicas * measured.queue_kib / 2**20)),
        connections=ceil(connections),
        quota=ceil(rate),
        usd_a_month=messages_a_day * DAYS_A_MONTH * USD_FOR_1000 / 1000,
    )


def table(figures: Sequence[Figure]) -> str:
    """A row of Markdown for each of DAYS."""
    measured = Measured.among(figures)
    rows = [_COLUMNS, ("---:",) * len(_COLUMNS), *(_cells(size(day, measured)) for day in DAYS)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def arithmetic(figures: Sequence[Figure], messages_a_day: int) -> str:
    """How a row comes about, a line for each column; `->` rounds up."""
    measured = Measured.among(figures)
    found = size(messages_a_day, measured)
    in_the_hour = messages_a_day * BUSIEST_HOUR
    connections = found.rate * REPLIES * REPLY_SECONDS
    volume = in_the_hour / found.replicas * measured.queue_kib / 2**20
    lines = {
        "busiest hour": f"{messages_a_day:,} / {1 / BUSIEST_HOUR:.0f} = {in_the_hour:,.0f} messages;"
        f" / 3,600 s = {found.rate:,.1f} a second",
        "connections": f"{found.rate:,.1f} a second x {REPLIES} replies x {REPLY_SECONDS} s = {connections:,.1f}"
        f" -> {found.connections:,}",
        "replicas": f"the most of {LEAST_REPLICAS},"
        f" {found.rate:,.1f} / ({measured.rate:.1f} x {BUSY_AT_MOST})"
        f" = {found.rate / measured.rate / BUSY_AT_MOST:.2f},"
        f" {connections:,.1f} / {CONNECTIONS_OF_A_REPLICA} = {connections / CONNECTIONS_OF_A_REPLICA:.2f}"
        f" -> {found.replicas:,}",
        "CPU": f"({found.rate:,.1f} a second x {measured.cpu_seconds:.2f} s"
        f" + {found.replicas:,} replicas x {measured.idle_millicores:.0f} m) / 1,000 = {found.cores:,.2f} cores",
        "each queue": f"{in_the_hour:,.0f} messages / {found.replicas:,} replicas x {measured.queue_kib:.1f} KiB"
        f" = {volume:.2f} GiB, at least {LEAST_VOLUME_GIB} -> {found.volume_gib:,} GiB",
        "SES quota": f"{found.rate:,.1f} a second -> {found.quota:,}",
        "cost": f"{messages_a_day:,} x {DAYS_A_MONTH} days x {USD_FOR_1000:.2f} USD / 1,000"
        f" = {found.usd_a_month:,.0f} USD a month",
    }
    return "\n".join(f"{name:14}{line}" for name, line in lines.items())


def _values(figures: Sequence[Figure], name: str, subject: str) -> list[float]:
    found = [figure.value for figure in figures if figure.name == name and subject in figure.subject]
    if not found:
        raise ValueError(f"there is no figure {name!r} of {subject!r}: run make bench ARGS=kubernetes")
    return found


def _cells(found: Size) -> tuple[str, ...]:
    return (
        f"{found.messages_a_day:,}",
        f"{found.rate:,.1f}",
        f"{found.replicas:,}",
        f"{found.cores:,.2f}",
        f"{found.volume_gib:,}",
        f"{found.connections:,}",
        f"{found.quota:,}",
        f"{found.usd_a_month:,.0f}",
    )
