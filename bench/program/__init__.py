"""The programs that are measured: what they have in common."""

import atexit
import os
import time
from pathlib import Path

ZONE = "example.com"
COUNT, ZONE_ID, CPU_FILE = "BENCH_DOMAINS", "BENCH_ZONE_ID", "BENCH_CPU_FILE"
"""The variables that tell a program how many domains to make, in which zone, and where to leave its CPU seconds."""
ARGUMENTS = "BENCH_ARGUMENTS"
"""The variable that tells the program of a cluster what it needs to know, as JSON."""


def domains() -> list[str]:
    """The names to be made, each a sub-domain of ZONE; has the CPU time written down at the end."""
    atexit.register(lambda: Path(os.environ[CPU_FILE]).write_text(str(time.process_time())))
    return [f"d{number}" for number in range(int(os.environ[COUNT]))]
