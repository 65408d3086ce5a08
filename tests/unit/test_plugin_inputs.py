"""Inputs of programs in other languages become arguments as Python has them."""

import pulumi
import pytest

from components.arguments import InvalidArgument
from components.plugin import schema
from components.plugin.inputs import InputReader

from .recorder import record

pytestmark = pytest.mark.unit

ANALYZED = schema.analyze()
LOGIN = {"identityArn": "arn:aws:ses:eu-west-1:111122223333:identity/example.com", "region": "eu-west-1"}


def read(component, inputs):
    return InputReader(component, ANALYZED["type_definitions"]).read(
        inputs, ANALYZED["component_definitions"][component]
    )


def test_names_and_whole_numbers_are_those_of_python():
    args = read(
        "MailRelay",
        {"domain": "example.com", "ses": {"maxRate": 14.0, "mailFrom": {"onMxFailure": "reject"}}},
    )
    assert args == {
        "domain": "example.com",
        "ses": {"max_rate": 14, "mail_from": {"on_mx_failure": "reject"}},
    }
    assert type(args["ses"]["max_rate"]) is int


def test_keys_of_maps_are_left_alone():
    args = read("SesDomain", {"domain": "example.com", "tags": {"costCenter": "mail"}})
    assert args["tags"] == {"costCenter": "mail"}


def test_objects_in_a_list_are_renamed_too():
    route = {"senderDomains": ["example.org"], "settings": {"maxRate": 2.0}}
    args = read("MailRelay", {"domain": "example.com", "smtp": {}, "options": {"routes": [route]}})
    assert args["options"]["routes"] == [{"sender_domains": ["example.org"], "settings": {"max_rate": 2}}]


def test_an_object_that_is_an_output_is_renamed_when_it_is_known():
    seen = []

    def program():
        conditions = pulumi.Output.from_input({"fromAddresses": ["a@example.com"]})
        read("SmtpCredentials", LOGIN | {"conditions": conditions})["conditions"].apply(seen.append)

    record(program)
    assert seen == [{"from_addresses": ["a@example.com"]}]


def test_an_output_of_the_wrong_type_is_refused_when_it_is_known():
    def program():
        return read(
            "DockerRelay", {"relay": {}, "allowedSenderDomains": [], "port": pulumi.Output.from_input("25")}
        )["port"]

    with pytest.raises(InvalidArgument, match="DockerRelay: port: has to be a whole number, not a text"):
        record(program)


def test_what_is_null_is_as_if_it_were_not_given():
    assert read("MailRelay", {"domain": "example.com", "ses": {}, "options": None}) == {
        "domain": "example.com",
        "ses": {},
    }
