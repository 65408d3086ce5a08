"""RelaySettings: the one hand-over between where mail goes and what runs, and its three makers.

Any SMTP service fits through `smtp`; `ses` and `sendgrid` are the same with the service's own values filled in.
"""

from typing import NotRequired, TypedDict

import pulumi

from .arguments import check_keys, checked
from .image.relay.checks import CHECKS
from .image.relay.refusals import DEFAULT_PORT
from .image.relay.settings import check_upstream
from .ses_regions import ses_region

# https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-smtp
_SENDGRID_HOST = "smtp.sendgrid.net"
_SENDGRID_USER = "apikey"


class RelaySettings(TypedDict):
    """The upstream that mail is relayed to. Every value may be an Output."""

    host: pulumi.Input[str]
    """The server's name, without a scheme or a port."""
    port: NotRequired[pulumi.Input[int]]
    """The server's port. Defaults to `587`, with `smtps` to `465`."""
    proto: NotRequired[pulumi.Input[str]]
    """`smtp+tls` (STARTTLS required), `smtps` (TLS from the first byte), `smtp` (STARTTLS if offered) or `smtp+notls`
    (plain text). A login needs one of the first two. Defaults to `smtp+tls`."""
    user: NotRequired[pulumi.Input[str]]
    """The login's user name. Without it the relay does not log in."""
    password: NotRequired[pulumi.Input[str]]
    """The login's password; secret. Without it the user name is the password too, as token providers expect."""
    ca: NotRequired[pulumi.Input[str]]
    """The CA that signed the server's certificate, as PEM text. Defaults to the public CAs."""


def checked_relay_settings(component: str, settings: RelaySettings) -> RelaySettings:
    """Return `settings` checked by the container's own validator, with defaults filled in and the password secret.

    Plain values raise InvalidArgument at once, Outputs as soon as they are known: in a preview, if they can be.
    """
    check_keys(component, settings, RelaySettings)
    result = {field: checked(component, field, value, CHECKS[field]) for field, value in settings.items()}

    def check_login_is_encrypted(proto: str) -> str:
        check_upstream(proto, settings)
        return proto

    result["proto"] = checked(component, "proto", result.get("proto", "smtp+tls"), check_login_is_encrypted)
    result.setdefault("port", pulumi.Output.from_input(result["proto"]).apply(DEFAULT_PORT.__getitem__))
    if "password" in result:
        result["password"] = pulumi.Output.secret(result["password"])
    return RelaySettings(**result)


def ses(
    region: pulumi.Input[str],
    user: pulumi.Input[str],
    password: pulumi.Input[str],
    host: pulumi.Input[str] | None = None,
    port: pulumi.Input[int] | None = None,
    ca: pulumi.Input[str] | None = None,
) -> RelaySettings:
    """Amazon SES: `user` and `password` are those of SmtpCredentials.

    `host` replaces the region's public endpoint, for a VPC endpoint or a local SES; `ca` goes with it.
    """
    endpoint = host or pulumi.Output.from_input(region).apply(lambda name: ses_region(name).smtp_host)
    return smtp(endpoint, port=port, user=user, password=password, ca=ca)


def sendgrid(key: pulumi.Input[str], port: pulumi.Input[int] | None = None) -> RelaySettings:
    """Twilio SendGrid: `key` is an API key with the permission `Mail Send`."""
    return smtp(_SENDGRID_HOST, port=port, user=_SENDGRID_USER, password=key)


def smtp(
    host: pulumi.Input[str],
    port: pulumi.Input[int] | None = None,
    proto: pulumi.Input[str] | None = None,
    user: pulumi.Input[str] | None = None,
    password: pulumi.Input[str] | None = None,
    ca: pulumi.Input[str] | None = None,
) -> RelaySettings:
    """Any SMTP server: with a login, with a user name only, or without authentication. `None` means the default."""
    values = {"host": host, "port": port, "proto": proto, "user": user, "password": password, "ca": ca}
    return RelaySettings(**{field: value for field, value in values.items() if value is not None})
