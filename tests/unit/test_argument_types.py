"""An argument of the wrong type is refused by its name, and without its value, which may be a secret."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pytest

from components.argument_types import misfit
from components.arguments import InvalidArgument, check_keys, checked_args

from .recorder import record

pytestmark = pytest.mark.unit


class Part(TypedDict):
    size: int


class Args(TypedDict):
    name: NotRequired[pulumi.Input[str]]
    port: NotRequired[pulumi.Input[int]]
    share: NotRequired[float]
    on: NotRequired[pulumi.Input[bool]]
    part: NotRequired[Part]
    names: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    parts: NotRequired[list[Part]]
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    anything: NotRequired[Any]


LATER = pulumi.Output.from_input("later")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"name": 5}, "Relay: name: has to be a text, not a whole number"),
        ({"name": ["a"]}, "Relay: name: has to be a text, not a list"),
        ({"port": "smtp"}, "Relay: port: has to be a whole number, not a text"),
        ({"port": 2.5}, "Relay: port: has to be a whole number, not a fraction"),
        ({"port": True}, "Relay: port: has to be a whole number, not true or false"),
        ({"share": "half"}, "Relay: share: has to be a number, not a text"),
        ({"on": "yes"}, "Relay: on: has to be true or false, not a text"),
        ({"part": "small"}, "Relay: part: has to be an object, not a text"),
        (
            {"share": LATER},
            "Relay: share: decides what is made, so it cannot be an output: give the value itself",
        ),
        (
            {"parts": [LATER]},
            "Relay: parts: item 0 decides what is made, so it cannot be an output: give the value itself",
        ),
        ({"names": "a"}, "Relay: names: has to be a list, not a text: give a list, even of one"),
        ({"names": ["a", 5]}, "Relay: names: item 1 has to be a text, not a whole number"),
        ({"parts": [{"size": 1}, None, 3]}, "Relay: parts: item 2 has to be an object, not a whole number"),
        ({"tags": ["a"]}, "Relay: tags: has to be an object, not a list"),
        ({"tags": {"a": {}}}, "Relay: tags: 'a' has to be a text, not an object"),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(args, message):
    with pytest.raises(InvalidArgument) as raised:
        check_keys("Relay", args, Args)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "args",
    [
        {"name": "a", "port": 25, "share": 1, "on": False, "part": {"size": 1}, "names": [], "tags": {}},
        {"name": None, "names": ("a", "b"), "tags": {"a": "b"}},
        {"port": "25"},  # as a configuration gives it
        {"port": 25.0},  # as other languages do
        {"anything": object()},
        {"name": pulumi.Output.from_input("a"), "names": [pulumi.Output.from_input("a")]},
    ],
)
def test_what_fits_is_left_alone(args):
    check_keys("Relay", args, Args)


def test_whole_numbers_are_integers_wherever_they_stand_and_come_from():
    seen = []

    def program():
        later = pulumi.Output.from_input(25.0)
        args = checked_args("Relay", {"port": later, "part": {"size": 2.0}, "parts": [{"size": "3"}]}, Args)
        args["port"].apply(seen.append)
        seen.extend([args["part"], args["parts"]])

    record(program)
    assert repr(seen) == "[{'size': 2}, [{'size': 3}], 25]"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"port": pulumi.Output.from_input(2.5)}, "Relay: port: has to be a whole number, not a fraction"),
        ({"part": {"size": 2.5}}, "Relay: part.size: has to be a whole number, not a fraction"),
        ({"parts": [{"size": 1}, {"size": 2.5}]}, r"Relay: parts\[1\].size: has to be a whole number"),
    ],
)
def test_a_fraction_is_refused_wherever_it_stands_and_comes_from(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(
            lambda: {key: value for key, value in checked_args("Relay", args, Args).items() if key == "port"}
        )


def test_arguments_that_are_no_object_are_refused():
    with pytest.raises(InvalidArgument, match="Relay: args: has to be a dict, as Args describes, not a text"):
        check_keys("Relay", "a", Args)


def test_a_message_does_not_show_the_value():
    assert "hunter2" not in misfit(["hunter2"], pulumi.Input[str])
