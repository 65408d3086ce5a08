"""What many components ask AWS is asked once, but by every program and of every provider."""

import pulumi
import pytest
from pulumi_aws import Provider

from components import SesDomain
from components.shared_answers import ask_once

from .recorder import record

pytestmark = pytest.mark.unit


def asked(program):
    """How often `program`, which gets the function to ask by, makes AWS answer."""
    questions = []

    def ask(opts, **question):
        questions.append((opts.provider, question))
        return len(questions)

    record(lambda: program(ask) and None)
    return questions


def component(name, **opts):
    return pulumi.ComponentResource("test:index:Component", name, {}, pulumi.ResourceOptions(**opts))


def test_two_components_ask_once():
    def program(ask):
        answers = [ask_once(component(name), ask, pulumi.InvokeOptions, name="a") for name in ("x", "y")]
        assert answers == [1, 1]

    assert len(asked(program)) == 1


def test_another_question_or_another_provider_is_asked_for_itself():
    def program(ask):
        provider = Provider("other", region="us-east-1")
        ask_once(component("x"), ask, pulumi.InvokeOptions, name="a")
        ask_once(component("y"), ask, pulumi.InvokeOptions, name="b")
        ask_once(component("z", providers=[provider]), ask, pulumi.InvokeOptions, name="a")

    assert [question["name"] for _, question in asked(program)] == ["a", "b", "a"]


def test_the_next_program_of_the_process_asks_again():
    def program(ask):
        ask_once(component("x"), ask, pulumi.InvokeOptions)

    assert len(asked(program)) == len(asked(program)) == 1


def test_ten_domains_of_one_zone_look_it_up_once(monkeypatch):
    looked_up = []

    def program():
        call = pulumi.runtime.settings.get_monitor().mocks.call
        monkeypatch.setattr(
            pulumi.runtime.settings.get_monitor().mocks,
            "call",
            lambda args: looked_up.append(args.token) or call(args),
        )
        for number in range(10):
            SesDomain(f"d{number}", {"domain": f"d{number}.example.com", "zone": "Z1"})

    record(program)
    assert sorted(looked_up) == ["aws:index/getRegion:getRegion", "aws:route53/getZone:getZone"]
