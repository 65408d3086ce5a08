"""The local AWS for tests: a real process, in a folder of its own, on free ports."""

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3

from local.aws.mailbox import Delivery, Mailbox
from local.run_config import SERVICES

_REPOSITORY = Path(__file__).resolve().parents[2]
_START_SECONDS = 30
_STOP_SECONDS = 10


class LocalAws:
    """Runs `python -m local.aws` as a context manager.

    `host` is the name in the certificate of its SMTP endpoint, `bind` where that listens; each of `more_regions` has an
    endpoint of its own. Without a `directory` it lives in a temporary one.
    """

    account: dict[str, Any]
    """What `account.json` says."""

    def __init__(
        self,
        directory: Path | None = None,
        region: str = "eu-west-1",
        host: str = "localhost",
        bind: str = "127.0.0.1",
        more_regions: Sequence[str] = (),
    ):
        self._temporary = tempfile.TemporaryDirectory() if directory is None else None
        self.directory = directory or Path(self._temporary.name)
        self.command = [sys.executable, "-m", "local.aws", "--directory", str(self.directory)]
        for each in (region, *more_regions):
            self.command += ["--region", each]
        self.command += ["--host", host, "--bind", bind]

    def __enter__(self) -> "LocalAws":
        self.directory.mkdir(parents=True, exist_ok=True)
        errors = self.directory / "stderr.txt"
        with errors.open("w") as stderr:
            self.process = subprocess.Popen(self.command, cwd=_REPOSITORY, stderr=stderr)
        deadline = time.monotonic() + _START_SECONDS
        while not self._announced():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the local AWS did not start: {errors.read_text()}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._temporary:
            self._temporary.cleanup()

    def _announced(self) -> bool:
        try:
            self.account = json.loads((self.directory / "account.json").read_text())
        except FileNotFoundError:
            return False
        # That of a killed predecessor may lie there first.
        return self.account["pid"] == self.process.pid

    def stop(self) -> int:
        """End the process as `make down` does, and return its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a boto3 client of the account, in its own region by default."""
        return boto3.client(
            service,
            region_name=region or self.account["region"],
            endpoint_url=self.account["endpoint"],
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    @property
    def config(self) -> dict[str, str]:
        """What a stack must be configured with to use this account."""
        return {
            "aws:region": self.account["region"],
            "aws:accessKey": "local",
            "aws:secretKey": "local",
            "aws:endpoints": json.dumps([dict.fromkeys(SERVICES, self.account["endpoint"])]),
            "aws:skipCredentialsValidation": "true",
            "aws:skipMetadataApiCheck": "true",
        }

    def create_zone(self, domain: str) -> str:
        """Create a public hosted zone and return its id."""
        zone = self.client("route53").create_hosted_zone(Name=domain, CallerReference=f"{time.time_ns()}")
        return zone["HostedZone"]["Id"].removeprefix("/hostedzone/")

    def messages(self) -> list[Delivery]:
        """Return the messages that the SMTP endpoint accepted, the oldest first."""
        return Mailbox(Path(self.account["mailbox"])).deliveries()

    def confirm(self, address: str, region: str | None = None) -> None:
        """Follow the latest link that SES mailed to an address, from a region or from any."""
        asking = [
            delivery.content.decode()
            for delivery in self.messages()
            if delivery.recipients == (address,) and f"in region {region or ''}".encode() in delivery.content
        ]
        link = re.search(r"http://\S+", asking[-1])[0]
        with urllib.request.urlopen(link) as answer:
            assert answer.status == 200

    def set_limits(self, **limits: Any) -> None:
        """Replace the account's limits; see local/aws/limits.py."""
        unfinished = self.directory / "limits.part"
        unfinished.write_text(json.dumps(limits))
        unfinished.replace(self.directory / "limits.json")
