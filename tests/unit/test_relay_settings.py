"""The hand-over between where mail goes and what runs: three makers, one check, at preview."""

import pulumi
import pytest

from components import relay_settings
from components.arguments import InvalidArgument
from components.relay_settings import checked_relay_settings

from .recorder import record

pytestmark = pytest.mark.unit


def resolve(settings):
    _, values = record(lambda: checked_relay_settings("test", settings))
    return values


def test_ses_is_the_endpoint_of_its_region():
    assert resolve(relay_settings.ses("eu-west-1", "AKIA", "secret")) == {
        "host": "email-smtp.eu-west-1.amazonaws.com",
        "port": 587,
        "proto": "smtp+tls",
        "user": "AKIA",
        "password": "secret",
    }


def test_ses_behind_another_endpoint_keeps_the_login():
    settings = resolve(
        relay_settings.ses("eu-west-1", "AKIA", "secret", host="vpce-1.example.com", port=2587)
    )
    assert (settings["host"], settings["port"], settings["user"]) == ("vpce-1.example.com", 2587, "AKIA")


def test_sendgrid_logs_in_as_apikey():
    settings = resolve(relay_settings.sendgrid("SG.key"))
    assert (settings["host"], settings["user"], settings["password"]) == (
        "smtp.sendgrid.net",
        "apikey",
        "SG.key",
    )


def test_a_server_without_authentication_gets_no_login():
    assert resolve(relay_settings.smtp("mail.example.com")) == {
        "host": "mail.example.com",
        "port": 587,
        "proto": "smtp+tls",
    }


def test_a_user_name_alone_is_a_login():
    assert resolve(relay_settings.smtp("mail.example.com", user="token"))["user"] == "token"


def test_implicit_tls_has_its_own_default_port():
    assert resolve(relay_settings.smtp("mail.example.com", proto="smtps"))["port"] == 465


def test_the_password_is_secret_from_here_on():
    def program():
        settings = checked_relay_settings(
            "test", relay_settings.smtp("mail.example.com", user="me", password="plain")
        )
        return {"is_secret": pulumi.Output.from_input(settings["password"].is_secret())}

    assert record(program)[1] == {"is_secret": True}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"host": "smtp://mail.example.com"}, r"host: .*smtp://mail\.example\.com"),
        ({"host": "mail.example.com:25"}, "host: "),
        ({"host": ""}, "host: "),
        ({"port": 65536}, "port: .*65536"),
        ({"proto": "starttls"}, "proto: .*starttls"),
        ({"proto": "smtp", "user": "me", "password": "pw"}, "proto: "),
        ({"proto": "smtp+notls", "user": "me", "password": "pw"}, "proto: "),
        ({"user": "me:you"}, "user: "),
        ({"user": "me", "password": "two\nlines"}, "password: "),
        ({"password": "alone"}, "user"),
    ],
)
def test_a_bad_value_is_an_error_at_preview_that_names_the_field(values, message):
    with pytest.raises(InvalidArgument, match=message):
        record(
            lambda: checked_relay_settings(
                "test", relay_settings.smtp(**{"host": "mail.example.com", **values})
            ),
            preview=True,
        )


def test_a_bad_value_that_is_an_output_is_found_when_it_resolves():
    with pytest.raises(InvalidArgument, match="host: "):
        record(lambda: checked_relay_settings("test", relay_settings.smtp(pulumi.Output.from_input("a b"))))


def test_no_error_holds_the_password():
    with pytest.raises(InvalidArgument) as error:
        record(
            lambda: checked_relay_settings(
                "test", relay_settings.smtp("mail.example.com", user="me", password="hunter2\n")
            )
        )
    assert "hunter2" not in str(error.value)


def test_a_misspelt_field_is_refused_with_the_nearest_one():
    with pytest.raises(InvalidArgument, match="passwrd: no such argument; did you mean 'password'"):
        checked_relay_settings("test", {"host": "mail.example.com", "passwrd": "x"})
