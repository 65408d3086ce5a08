"""The keys of the container's log in JSON are an interface: the table and the code say the same."""

import json
from dataclasses import fields
from typing import get_args

import pytest

from components.image.relay.events import Event
from components.image.relay.journal import Journal, event_name
from tests.contract.tables import table

pytestmark = pytest.mark.contract


def test_the_table_has_each_event_with_its_keys():
    documented = {event: keys for event, _, keys in table("log")}
    written = {event_name(kind): [field.name for field in fields(kind)] for kind in get_args(Event)}
    written |= {"log": ["message"], "relay": ["message"]}
    assert documented == {event: "`, `".join(keys) for event, keys in written.items()}


def test_every_line_begins_with_time_level_and_event():
    lines: list[bytes] = []
    log = Journal("json", output=lines.append)
    log.write(b"info: smtp paused", None)
    log.say("info", "ready")
    assert [list(json.loads(line)) for line in lines] == [["time", "level", "event", "message"]] * 2
    assert [json.loads(line)["event"] for line in lines] == ["log", "relay"]
