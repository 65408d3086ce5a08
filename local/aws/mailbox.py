"""Accepted messages, one file each."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

_CRLF = b"\r\n"


@dataclass(frozen=True)
class Delivery:
    """A message as it lies in the mailbox."""

    path: Path
    sender: str
    """The envelope sender."""
    recipients: tuple[str, ...]
    """The envelope recipients."""
    received: str
    """The `Received:` header of the endpoint."""
    content: bytes
    """The message, byte for byte as it was submitted."""

    @classmethod
    def read(cls, path: Path) -> "Delivery":
        """Return the message in the file `path`."""
        trace, received, content = re.split(rb"(?m)^(Received: .*)\r\n", path.read_bytes(), maxsplit=1)
        envelope = [line.split(": ", 1) for line in trace.decode().splitlines()]
        return cls(
            path=path,
            sender=next(value for name, value in envelope if name == "Return-Path").strip("<>"),
            recipients=tuple(value for name, value in envelope if name == "X-Envelope-To"),
            received=received.decode().removeprefix("Received: "),
            content=content,
        )


class Mailbox:
    """A directory of `.eml` files, named by time of arrival and message id.

    In front of each message stand its envelope, as `Return-Path:` and one `X-Envelope-To:` per recipient, and then the
    endpoint's `Received:`. Files appear whole.
    """

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def deliver(
        self, message_id: str, sender: str, recipients: tuple[str, ...], trace: str, content: bytes
    ) -> Path:
        """Write a message; `trace` is what its `Received:` says before the semicolon and the date."""
        now = datetime.now(UTC)
        lines = [
            f"Return-Path: <{sender}>",
            *(f"X-Envelope-To: {recipient}" for recipient in recipients),
            f"Received: {trace}; {format_datetime(now)}",
        ]
        path = self.directory / f"{now:%Y%m%dT%H%M%S.%fZ}-{message_id}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(_CRLF.join([*(line.encode() for line in lines), content]))
        os.replace(unfinished, path)
        return path

    def deliveries(self) -> list[Delivery]:
        """Return the messages, the oldest first."""
        return [Delivery.read(path) for path in sorted(self.directory.glob("*.eml"))]
