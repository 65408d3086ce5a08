"""The components as programs in other languages use them: the plugin is started and driven as the engine does it."""

import json

import grpc
import pytest

from .installed_package import installed
from .plugin_process import ROOT, UNKNOWN, plugin_process, registered_secret, secret

pytestmark = pytest.mark.integration

REQUIREMENTS = ROOT / "components" / "requirements.txt"
CONTAINER = ("docker:index/container:Container", "relay")
SMTP = {"host": "smtp.example.net", "port": 2587.0, "user": "relay", "password": secret("word-for-smtp")}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """The plugin, in an environment that has what Pulumi installs for it."""
    environment = tmp_path_factory.mktemp("plugin") / "venv"
    with plugin_process(installed(environment, "-r", REQUIREMENTS)) as running:
        yield running


def container(constructed):
    return constructed.registered[CONTAINER]


def refusal(plugin, component, inputs):
    with pytest.raises(grpc.RpcError) as raised:
        plugin.construct(component, inputs)
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    return raised.value.details()


def test_it_has_the_schema_that_was_released(plugin):
    assert json.loads(plugin.schema()) == json.loads((ROOT / "components/schema.json").read_text())


def test_a_component_is_made_with_all_its_children(plugin):
    made = plugin.construct("MailRelay", {"domain": "example.com", "smtp": SMTP})
    assert ("opensmtpd:index:DockerRelay", "relay") in made.registered
    assert made.outputs["relayHost"] == "smtp.example.net"
    assert made.outputs["smtpAddress"] == "127.0.0.1:2525"


def test_a_port_stays_a_whole_number(plugin):
    made = plugin.construct("MailRelay", {"domain": "example.com", "smtp": SMTP, "docker": {"port": 2626.0}})
    assert "RELAY_PORT=2587" in json.dumps(container(made))
    assert made.outputs["smtpAddress"] == "127.0.0.1:2626"


def test_a_secret_stays_secret(plugin):
    made = plugin.construct("MailRelay", {"domain": "example.com", "smtp": SMTP})
    (password,) = [item for item in container(made)["envs"] if "word-for-smtp" in json.dumps(item)]
    assert password == registered_secret("RELAY_PASSWORD=word-for-smtp")
    assert "word-for-smtp" not in json.dumps(made.outputs)


def test_a_value_that_is_not_known_yet_stays_unknown(plugin):
    made = plugin.construct("MailRelay", {"domain": "example.com", "smtp": {"host": UNKNOWN}}, preview=True)
    assert made.outputs["relayHost"] == UNKNOWN
    assert CONTAINER in made.registered


def test_outputs_that_are_lists_of_objects_are_whole(plugin):
    args = {"domain": "example.com", "region": "eu-west-1", "dns": "manual", "verification": "skip"}
    made = plugin.construct("SesDomain", args)
    records = made.outputs["dnsRecords"]
    assert {frozenset(record) for record in records} == {frozenset(["name", "type", "value", "ttl", "why"])}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"domain": "example.com", "smpt": {}},
            "MailRelay: smpt: no such argument; did you mean 'smtp'?",
        ),
        (
            {"domain": "example.com", "ses": {"maxrate": 14.0}},
            "MailRelay: ses.maxrate: no such argument; did you mean 'maxRate'?",
        ),
        ({"domain": 5.0, "ses": {}}, "MailRelay: domain: has to be a text, not a number"),
        ({"domain": "example.com", "ses": True}, "MailRelay: ses: has to be an object, not true or false"),
        (
            {"domain": "example.com", "ses": {"generation": 1.5}},
            "MailRelay: ses.generation: has to be a whole number, not a fraction",
        ),
        (
            {"domain": "example.com", "ses": {}, "allowedNetworks": "10.0.0.0/8"},
            "MailRelay: allowedNetworks: has to be a list, not a text",
        ),
        (
            {"domain": "example.com", "ses": {}, "allowedNetworks": ["10.0.0.0/8", 5.0]},
            "MailRelay: allowedNetworks[1]: has to be a text, not a number",
        ),
        (
            {"domain": "example.com", "ses": secret({})},
            "MailRelay: ses: decides what is made, so it cannot be an output or a secret: give the value itself",
        ),
        ({"ses": {}}, "MailRelay: domain: is missing, and has no default"),
        (
            {"domain": "example.com"},
            "MailRelay: ses | sendgrid | smtp: give exactly one of them, found none",
        ),
    ],
)
def test_an_argument_that_cannot_work_is_refused_by_its_name(plugin, inputs, message):
    assert refusal(plugin, "MailRelay", inputs) == message


def test_a_secret_of_the_wrong_type_is_named_and_not_shown(plugin):
    with pytest.raises(grpc.RpcError) as raised:
        plugin.construct(
            "MailRelay", {"domain": "example.com", "smtp": SMTP | {"password": secret(47114711.0)}}
        )
    assert "MailRelay: smtp.password: has to be a text, not a number" in raised.value.details()
    assert "47114711" not in raised.value.details()
