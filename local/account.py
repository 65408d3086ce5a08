"""The local AWS as a background process: `python -m local.aws`."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from local.lock import holder
from local.tools import command
from local.tools.failure import Failure
from local.workspace import CHECKOUT

_START_SECONDS = 30
_STOP_SECONDS = 10
_POLL_SECONDS = 0.05


class LocalAccount:
    """The account in `directory`, which a process serves or not."""

    def __init__(self, directory: Path):
        self._directory = directory
        self._log = directory / "output.log"

    def pid(self) -> int | None:
        """The process that serves the account."""
        return holder(self._directory / "lock")

    def facts(self) -> dict[str, Any] | None:
        """What the account says of itself: `local/aws` describes it. Nothing until it answers."""
        return self._announced() if self.pid() else None

    def _announced(self) -> dict[str, Any] | None:
        with contextlib.suppress(FileNotFoundError):
            return json.loads((self._directory / "account.json").read_text())
        return None

    def start(self, region: str, host: str, address: str) -> bool:
        """Have the account served, with its SMTP endpoint at `address` under the name `host`.

        Returns whether it was started afresh, empty. Raises Failure.
        """
        if (facts := self.facts()) and _serves(facts, region, host, address):
            return False
        self.stop()
        arguments = ["--directory", self._directory, "--region", region, "--host", host, "--bind", address]
        self._directory.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as output:
            # In a session of its own, so that it outlives this run and its terminal.
            process = subprocess.Popen(
                [sys.executable, "-m", "local.aws", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=CHECKOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        # A killed process may have left its announcement. The lock is not asked: that takes it for a moment, in which
        # the new process could not.
        while (self._announced() or {}).get("pid") != process.pid:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise Failure(
                    f"The local AWS did not start; the end of {self._log}:\n{command.tail(self._log.read_text())}"
                )
            time.sleep(_POLL_SECONDS)
        return True

    def stop(self) -> int | None:
        """End the process that serves the account; return its number, if there was one."""
        pid = self.pid()
        if pid is None:
            return None
        deadline = time.monotonic() + _STOP_SECONDS
        os.kill(pid, signal.SIGTERM)
        while _lives(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(_POLL_SECONDS)
        return pid

    def ensure_zone(self, domain: str) -> str:
        """Have a hosted zone for a domain, as whoever owns one in Route 53 has; returns its id."""
        facts = self.facts()
        route53 = boto3.client(
            "route53",
            endpoint_url=facts["endpoint"],
            region_name=facts["region"],
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - of no account: any key will do
        )
        zones = route53.list_hosted_zones_by_name(DNSName=domain, MaxItems="1")["HostedZones"]
        if zones and zones[0]["Name"] == f"{domain}.":
            zone = zones[0]
        else:
            zone = route53.create_hosted_zone(Name=domain, CallerReference=str(time.time_ns()))["HostedZone"]
        return zone["Id"].removeprefix("/hostedzone/")


def _serves(facts: dict[str, Any], region: str, host: str, address: str) -> bool:
    smtp = facts["smtp"]
    return (facts["region"], smtp["host"], smtp["address"]) == (region, host, address)


def _lives(pid: int) -> bool:
    try:
        # One that this run has started stays until it is waited for.
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
