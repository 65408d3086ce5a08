"""Every argument that is a whole number takes one that arrives as a float, and refuses a fraction by its name.

Numbers of other Pulumi languages and of StackReferences are floats. The rows are the whole numbers of the schema: a new
argument without a value in `_GOOD` fails here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pulumi.provider.experimental.analyzer import PropertyDefinition, PropertyType

import components
from components.arguments import InvalidArgument
from components.plugin import schema
from components.plugin.inputs import InputReader

from .recorder import IDENTITY_ARN, record

pytestmark = pytest.mark.unit

ANALYZED = schema.analyze()
COMPONENTS, TYPES = ANALYZED["component_definitions"], ANALYZED["type_definitions"]

_GOOD = {
    "bits": 1024,
    "cpu": 60,
    "daily_quota": 1000,
    "generation": 2,
    "max_connections": 9,
    "max_delivery_seconds": 600,
    "max_rate": 7,
    "max_receives": 3,
    "max_replicas": 9,
    "memory": 256,
    "metrics_port": 9100,
    "min_available": 1,
    "pct": 50,
    "port": 2587,
    "queue_age": 300,
    "queue_age_seconds": 60,
    "replicas": 3,
    "retention_seconds": 7200,
    "ri": 7200,
    "submission_port": 2587,
    "timeout": 30,
}
_UPSTREAM = {"host": "mail.example.com"}
_RELAY = {"relay": _UPSTREAM, "allowed_sender_domains": ["example.com"]}
_NEEDED: dict[str, dict[str, Any]] = {
    "DockerRelay": _RELAY,
    "KubernetesRelay": {**_RELAY, "image": "relay:1"},
    "MailRelay": {"domain": "example.com"},
    "SesAddress": {"address": "me@example.com"},
    "SesConfiguration": {"domain": "example.com"},
    "SesDomain": {"domain": "example.com"},
    "SesEndpoint": {"vpc_id": "vpc-1", "subnet_ids": ["subnet-a"], "allowed_networks": ["10.0.0.0/8"]},
    "SesFeedback": {"configuration_set_arn": "arn:aws:ses:eu-west-1:123456789012:configuration-set/mail"},
    "SmtpCredentials": {"identity_arn": IDENTITY_ARN, "region": "eu-west-1"},
}
# What goes with an argument wherever it stands, by the end of its path.
_BESIDE: dict[str, dict[str, Any]] = {
    "autoscaling.cpu": {"max_replicas": 9},
    "autoscaling.queue_age": {"max_replicas": 9},
    "dmarc.pct": {"p": "reject"},
    "dmarc.ri": {"rua": ["mailto:reports@example.com"]},
    "fallback.port": _UPSTREAM,
    "relay.port": _UPSTREAM,
    "relay.max_rate": _UPSTREAM,
    "routes.settings.port": _UPSTREAM,
    "sendgrid.max_rate": {"key": "SG.key"},
    "smtp.port": _UPSTREAM,
    "smtp.max_rate": _UPSTREAM,
}
_AROUND: dict[str, dict[str, Any]] = {
    "kubernetes": {"image": "relay:1"},
    "routes": {"sender_domains": ["example.org"]},
    "ses.fallback": {"region": "us-east-1"},
}
# Relays keep to one rate: RelaySettings of a further upstream are refused with it, whatever it is.
_OF_THE_FIRST_UPSTREAM = ("options.fallback.max_rate", "routes.settings.max_rate")


def whole_numbers(
    properties: Mapping[str, PropertyDefinition], names: Mapping[str, str], path: tuple[str, ...] = ()
) -> Iterator[str]:
    """The path of each whole number in Python, with `[]` behind a list."""
    for key, declared in properties.items():
        here, name = declared, names[key]
        if declared.type == PropertyType.ARRAY:
            here, name = declared.items, f"{name}[]"
        if here.type == PropertyType.INTEGER:
            yield ".".join([*path, name])
        elif here.ref and (found := TYPES.get(here.ref.rpartition(":")[2])):
            yield from whole_numbers(found.properties, found.properties_mapping, (*path, name))


ROWS = [
    pytest.param(component, path, id=f"{component}.{path}")
    for component, definition in COMPONENTS.items()
    for path in whole_numbers(definition.inputs, definition.inputs_mapping)
    if not path.replace("[]", "").endswith(_OF_THE_FIRST_UPSTREAM)
]


def arguments(component: str, path: str, value: object) -> dict[str, Any]:
    """The fewest arguments of the component with a value at the path."""
    args = nested(path, value)
    if component == "MailRelay" and not {"ses", "sendgrid", "smtp"} & args.keys():
        args["smtp"] = _UPSTREAM
    return merged(_NEEDED[component], args)


def nested(path: str, value: object) -> dict[str, Any]:
    """What is needed around and beside the value, in objects down to it."""
    *parents, name = path.split(".")
    plain = path.replace("[]", "")
    built = {name: value} | next((more for end, more in _BESIDE.items() if plain.endswith(end)), {})
    while parents:
        where = ".".join(parents).replace("[]", "")
        around = next((more for end, more in _AROUND.items() if where.endswith(end)), {})
        name = parents.pop()
        built = {name.removesuffix("[]"): [around | built] if name.endswith("[]") else around | built}
    return built


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Both, with what is an object in both merged too."""
    both = {
        key: merged(first[key], second[key])
        for key in first.keys() & second.keys()
        if isinstance(first[key], dict)
    }
    return {**first, **second, **both}


def made(component: str, args: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """The resources that the component makes, with their inputs."""
    recorder, _ = record(lambda: getattr(components, component)("relay", args) and None)
    return sorted((resource.type, resource.name, resource.inputs) for resource in recorder.resources)


def in_another_language(value: Any) -> Any:
    """The arguments with the names that other languages have for them, and numbers as the engine hands them on."""
    if isinstance(value, list):
        return [in_another_language(item) for item in value]
    if not isinstance(value, dict):
        return float(value) if isinstance(value, int) else value
    return {
        re.sub(r"_(.)", lambda match: match[1].upper(), key): in_another_language(item)
        for key, item in value.items()
    }


def as_text(args: dict[str, Any]) -> str:
    """The arguments, whatever their order."""
    return json.dumps(args, sort_keys=True)


def read(component: str, args: dict[str, Any]) -> dict[str, Any]:
    """What the plugin hands a component."""
    return InputReader(component, TYPES).read(args, COMPONENTS[component])


@pytest.mark.parametrize(("component", "path"), ROWS)
def test_a_whole_number_may_be_a_float(component, path):
    number = _GOOD[path.rpartition(".")[2]]
    expected = made(component, arguments(component, path, number))
    assert made(component, arguments(component, path, float(number))) == expected


@pytest.mark.parametrize(("component", "path"), ROWS)
def test_a_fraction_is_refused_by_its_name(component, path):
    name = path.rpartition(".")[2]
    with pytest.raises(InvalidArgument, match=rf"\b{name}: has to be a whole number, not a fraction"):
        made(component, arguments(component, path, 2.5))


@pytest.mark.parametrize(("component", "path"), ROWS)
def test_a_whole_number_of_another_language_is_that_of_python(component, path):
    args = arguments(component, path, _GOOD[path.rpartition(".")[2]])
    # As text, in which 25 and 25.0 differ.
    assert as_text(read(component, in_another_language(args))) == as_text(args)


@pytest.mark.parametrize(("component", "path"), ROWS)
def test_a_fraction_of_another_language_is_refused_by_its_name(component, path):
    args = in_another_language(arguments(component, path, 2.5))
    (name,) = in_another_language({path.rpartition(".")[2]: None})
    with pytest.raises(InvalidArgument, match=rf"\b{name}: has to be a whole number, not a fraction"):
        read(component, args)
