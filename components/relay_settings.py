"""RelaySettings: the one hand-over between where mail goes and what runs, and its three makers.

Any SMTP service fits through `smtp`; `ses` and `sendgrid` are the same with the service's own values filled in.
"""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from .arguments import InvalidArgument, applied, checked, checked_args
from .image.relay.checks import CHECKS, Check
from .image.relay.invalid_setting import InvalidSetting
from .image.relay.refusals import DEFAULT_PORT, DIRECT
from .image.relay.settings import check_upstream
from .ses_regions import TLS_PORTS, check_port, ses_region

# https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-smtp
_SENDGRID_HOST = "smtp.sendgrid.net"
_SENDGRID_USER = "apikey"

MX_PORT = 25
"""The port of every domain's own servers: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.4.2"""

# What the container calls the opposite of `verify`.
_UNVERIFIED = "insecure_skip_verify"


class RelaySettings(TypedDict):
    """The upstream that mail is relayed to. Every value may be an Output."""

    host: NotRequired[pulumi.Input[str]]
    """The server's name, without a scheme or a port. Required, unless `proto` is `direct`."""
    port: NotRequired[pulumi.Input[int]]
    """The server's port. Defaults to `587`, with `smtps` to `465`."""
    proto: NotRequired[pulumi.Input[str]]
    """`smtp+tls` (STARTTLS required), `smtps` (TLS from the first byte), `smtp` (STARTTLS if offered), `smtp+notls`
    (plain text), or `direct`: no server but those of the recipients' domains. A login needs one of the first two.
    Defaults to `smtp+tls`."""
    user: NotRequired[pulumi.Input[str]]
    """The login's user name. Without it the relay does not log in."""
    password: NotRequired[pulumi.Input[str]]
    """The login's password; secret. Without it the user name is the password too, as token providers expect."""
    ca: NotRequired[pulumi.Input[str]]
    """The CA that signed the server's certificate, as PEM text. Defaults to the public CAs."""
    verify: NotRequired[pulumi.Input[bool]]
    """`False` takes any certificate, so that whoever is on the way can read the mail and the login; the relay warns of
    it at each start. Defaults to `True`."""
    max_rate: NotRequired[pulumi.Input[int]]
    """The most messages a second that the server takes. Defaults to no limit."""


def checked_relay_settings(component: str, settings: RelaySettings) -> RelaySettings:
    """Return `settings` checked by the container's own validator, with defaults filled in and the password secret.

    Plain values raise InvalidArgument at once, Outputs as soon as they are known: in a preview, if they can be.
    """
    settings = checked_args(component, settings, RelaySettings)
    result = {field: checked(component, field, value, _check(field)) for field, value in settings.items()}

    def check_together(values: Sequence[Any]) -> str:
        proto, verify = values
        given = set(settings) - {"proto", "verify", "max_rate"}
        try:
            check_upstream(proto, given if verify else given | {_UNVERIFIED})
        except InvalidSetting as error:
            argument = _argument(error.field)
            reason = error.named(_argument).removeprefix(f"{argument} ")
            raise InvalidArgument(component, argument, reason) from None
        if proto != DIRECT and "host" not in given:
            raise InvalidArgument(component, "host", "is missing, and has no default")
        return proto

    together = [result.get("proto", "smtp+tls"), result.get("verify", True)]
    result["proto"] = checked(component, "proto", together, check_together)
    if "host" in result:
        result.setdefault("port", pulumi.Output.from_input(result["proto"]).apply(DEFAULT_PORT.get))
    if "password" in result:
        result["password"] = pulumi.Output.secret(result["password"])
    return RelaySettings(**result)


def _check(field: str) -> Check:
    return _check_switch if field == "verify" else CHECKS[field]


def _check_switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidSetting(
        "verify", "is neither true nor false", "leave it out to verify certificates", repr(value)
    )


def _argument(field: str) -> str:
    """What the container's `field` is called here."""
    return "verify" if field == _UNVERIFIED else field


def ses(
    region: pulumi.Input[str],
    user: pulumi.Input[str],
    password: pulumi.Input[str],
    host: pulumi.Input[str] | None = None,
    port: pulumi.Input[int] | None = None,
    ca: pulumi.Input[str] | None = None,
    max_rate: pulumi.Input[int] | None = None,
) -> RelaySettings:
    """Amazon SES: `user` and `password` are those of SmtpCredentials, `max_rate` is from the account's sending quota.

    `host` replaces the region's public endpoint, for a VPC endpoint or a local SES; `ca` goes with it. With `port` 465
    or 2465 TLS comes first, with every other one STARTTLS does. Raises InvalidArgument for a region without a public
    endpoint, and for a port that it does not listen on.
    """
    endpoint = host or pulumi.Output.from_input(region).apply(lambda name: ses_region(name).relay_host())
    if port is not None and host is None:
        port = applied(port, check_port)
    proto = None if port is None else applied(port, _ses_proto)
    return smtp(endpoint, port=port, proto=proto, user=user, password=password, ca=ca, max_rate=max_rate)


def _ses_proto(port: int) -> str:
    return "smtps" if port in TLS_PORTS else "smtp+tls"


def sendgrid(
    key: pulumi.Input[str],
    port: pulumi.Input[int] | None = None,
    max_rate: pulumi.Input[int] | None = None,
) -> RelaySettings:
    """Twilio SendGrid: `key` is an API key with the permission `Mail Send`."""
    return smtp(_SENDGRID_HOST, port=port, user=_SENDGRID_USER, password=key, max_rate=max_rate)


def smtp(
    host: pulumi.Input[str],
    port: pulumi.Input[int] | None = None,
    proto: pulumi.Input[str] | None = None,
    user: pulumi.Input[str] | None = None,
    password: pulumi.Input[str] | None = None,
    ca: pulumi.Input[str] | None = None,
    verify: pulumi.Input[bool] | None = None,
    max_rate: pulumi.Input[int] | None = None,
) -> RelaySettings:
    """Any SMTP server: with a login, with a user name only, or without authentication. `None` means the default."""
    values = {
        "host": host,
        "port": port,
        "proto": proto,
        "user": user,
        "password": password,
        "ca": ca,
        "verify": verify,
        "max_rate": max_rate,
    }
    return RelaySettings(**{field: value for field, value in values.items() if value is not None})


def direct(max_rate: pulumi.Input[int] | None = None) -> RelaySettings:
    """No server: the relay delivers to those of the recipients' domains, from its own address and reputation."""
    values = {"proto": DIRECT, "max_rate": max_rate}
    return RelaySettings(**{field: value for field, value in values.items() if value is not None})
