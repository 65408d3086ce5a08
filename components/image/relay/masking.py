"""Mail addresses without their local part, for logs that must not hold the names of people."""

import re
from dataclasses import replace
from typing import Any

from .events import Delivery, Event, Refused

MASK = "***"

# A local part begins behind a character that none has, and a quoted one with a quote that is not itself quoted, so that
# nothing is scanned twice. `user=` is OpenSMTPD's word.
_NOT_LOCAL = r'\s<>"@,;:()\[\]'
_ADDRESS = re.compile(rf'(?<![^{_NOT_LOCAL}])(user=)?[^{_NOT_LOCAL}]++@|(?<!\\)"(?:[^"\\]|\\.)*+"@')

# The path of MAIL and RCPT, which a client may have written wrongly.
_PATH = re.compile(r"(\s*(?:mail|rcpt)\s+[a-z]+\s*:?\s*<?)[^<>@]+", re.IGNORECASE)

_CODE = re.compile(r"[2-5][0-9]{2}[ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3} )?")


def mask(text: str) -> str:
    """`text` with the local part of each address hidden: `***@example.org`."""
    return _ADDRESS.sub(rf"\g<1>{MASK}@", text) if "@" in text else text


def mask_line(line: str, event: Event | None) -> str:
    """The same for a line of OpenSMTPD's log that tells `event`."""
    match event:
        case Delivery(upstream_reply=reply):
            line = line.removesuffix(f'{reply}"') + f'{_mask_reply(event)}"'
        case Refused(command=command):
            line = line.replace(command, _mask_command(command), 1)
    return mask(line)


def mask_event(event: Event) -> Event:
    """The same for each text of `event`. The upstream's name of a message stays, unless it tells an address of it."""
    changed: dict[str, Any] = {
        name: mask(value)
        for name in event.__slots__
        if isinstance(value := getattr(event, name), str) and "@" in value
    }
    match event:
        case Delivery():
            changed["upstream_reply"] = _mask_reply(event)
            if not any(address in event.upstream_message_id for address in _addresses(event)):
                changed["upstream_message_id"] = event.upstream_message_id
        case Refused():
            changed["command"] = _mask_command(event.command)
    return replace(event, **changed) if changed else event


def _addresses(delivery: Delivery) -> list[str]:
    return [
        address for address in (delivery.sender, delivery.recipient, delivery.original_recipient) if address
    ]


def _mask_command(command: str) -> str:
    command = mask(command)
    path = _PATH.match(command)
    return f"{path[1]}{MASK}{command[path.end() :]}" if path else command


def _mask_reply(delivery: Delivery) -> str:
    # Some upstreams name the mailbox without its domain.
    reply = mask(delivery.upstream_reply)
    match = _CODE.match(reply)
    code, text = (match[0], reply[match.end() :]) if match else ("", reply)
    for address in _addresses(delivery):
        local_part = address.rpartition("@")[0]
        if local_part and local_part.lower() in text.lower():
            text = re.sub(rf"(?<!\w){re.escape(local_part)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    return code + text
