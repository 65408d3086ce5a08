"""What the components are told, as the environment of the relay's container.

The image's own checks run here, so that a setting that makes no relay is an error at preview. The contract is in
components/image/relay/environment.py.
"""

import re
from collections.abc import Mapping
from typing import Any

import pulumi

from .arguments import InvalidArgument, check_keys, checked
from .image.relay import environment
from .image.relay.checks import CHECKS, Check
from .image.relay.settings import MAX_ROUTES
from .relay_options import RelayOptions, RelayRoute
from .relay_settings import RelaySettings, checked_relay_settings

Variables = dict[str, pulumi.Input[str]]

# Fields of RelaySettings that no further upstream has.
_FIRST_ONLY = ("verify", "max_rate")
_SECRET = ("submission_key", "submission_logins", "dkim_key")
# Logins, and what is long and says nothing to a reader.
_NOT_FOR_REVIEW = ("_USER", "_PASSWORD", "_KEY", "_LOGINS", "_CERTIFICATE", "_CA")
_VARIABLE = re.compile(
    r"\b(?P<place>RELAY_FALLBACK_|RELAY_[1-9]_|RELAY_|OPENSMTPD_)(?P<name>[A-Z][A-Z0-9_]+)"
)

# What the checks of the whole see instead, so that they run in a preview that does not know the login yet.
_STAND_INS = {"USER": "user", "PASSWORD": "password"}


def relay_environment(component: str, args: Mapping[str, Any]) -> Variables:
    """The environment of a relay that is told `relay`, `allowed_sender_domains`, `allowed_networks`, `hostname` and
    `options`. What is not given is left to the container's defaults.

    Raises InvalidArgument for what cannot work: at once for plain values, for Outputs as soon as they are known.
    """
    options: RelayOptions = args.get("options") or {}
    check_keys(f"{component} options", options, RelayOptions)
    own = {"allowed_sender_domains": args["allowed_sender_domains"]} | {
        name: args[name] for name in ("allowed_networks", "hostname") if args.get(name)
    }
    routes = options.get("routes") or ()
    if len(routes) > MAX_ROUTES:
        raise InvalidArgument(
            f"{component} options", "routes", f"has {len(routes)}: give at most {MAX_ROUTES}"
        )
    general = {
        name: value
        for name, value in options.items()
        if name not in ("fallback", "routes") and value is not None
    }
    variables = (
        _main_upstream(f"{component} relay", args["relay"])
        | _settings(component, own)
        | _settings(f"{component} options", general)
    )
    if options.get("fallback"):
        variables |= _further_upstream("RELAY_FALLBACK", f"{component} options fallback", options["fallback"])
    for number, route in enumerate(routes, 1):
        variables |= _route(f"RELAY_{number}", f"{component} options routes[{number - 1}]", route)
    return _checked_as_a_whole(component, variables)


def for_review(variables: Variables) -> Variables:
    """What of an environment is no login: who may send, and where mail goes.

    Pulumi hides all variables of a container when one is secret. As an output of their component, these are in a
    preview for whoever reviews it.
    """
    return {name: value for name, value in variables.items() if not name.endswith(_NOT_FOR_REVIEW)}


def _main_upstream(component: str, relay: RelaySettings) -> Variables:
    settings = checked_relay_settings(component, relay)
    variables = {}
    if settings.get("verify", True) is not True:
        verify = pulumi.Output.from_input(settings["verify"])
        variables["RELAY_INSECURE_SKIP_VERIFY"] = verify.apply(lambda value: "no" if value else "yes")
    if "max_rate" in settings:
        variables["OPENSMTPD_MAX_RATE"] = _text("max_rate", settings["max_rate"])
    return (
        _prefixed("RELAY", {name: settings[name] for name in settings if name not in _FIRST_ONLY}) | variables
    )


def _further_upstream(prefix: str, component: str, relay: RelaySettings) -> Variables:
    for field in _FIRST_ONLY:
        if field in relay:
            raise InvalidArgument(component, field, "goes with the first upstream only: leave it out here")
    return _prefixed(prefix, checked_relay_settings(component, relay))


def _route(prefix: str, component: str, route: RelayRoute) -> Variables:
    check_keys(component, route, RelayRoute)
    domains = checked(component, "sender_domains", route["sender_domains"], CHECKS["sender_domains"])
    return _prefixed(prefix, {"sender_domains": domains}) | _further_upstream(
        prefix, f"{component} settings", route["settings"]
    )


def _settings(component: str, values: Mapping[str, Any]) -> Variables:
    # As they were given: a normal form may be of another type, as that of durations is.
    return _prefixed(
        "OPENSMTPD",
        {name: checked(component, name, value, _unchanged(CHECKS[name])) for name, value in values.items()},
    )


def _unchanged(check: Check) -> Check:
    def run(value: object) -> object:
        check(value)
        return value

    return run


def _prefixed(prefix: str, values: Mapping[str, Any]) -> Variables:
    return {f"{prefix}_{name.upper()}": _text(name, value) for name, value in values.items()}


def _text(name: str, value: pulumi.Input[Any]) -> pulumi.Output[str]:
    def join(plain: Any) -> str:
        return str(plain) if isinstance(plain, str | int) else ",".join(plain)

    text = pulumi.Output.from_input(value).apply(join)
    return pulumi.Output.secret(text) if name in _SECRET else text


def _checked_as_a_whole(component: str, variables: Variables) -> Variables:
    """`variables`, none of which counts before the container's own check of all of them together has passed."""
    known = {name: _STAND_INS.get(name.rpartition("_")[2], value) for name, value in variables.items()}

    def check(environ: dict[str, str]) -> str:
        try:
            environment.read(environ)
        except environment.InvalidEnvironment as error:
            raise InvalidArgument(component, "options", _VARIABLE.sub(_argument, str(error))) from None
        return environ["RELAY_PROTO"]

    # Looked at together with secrets, and none itself.
    return variables | {"RELAY_PROTO": pulumi.Output.unsecret(pulumi.Output.all(**known).apply(check))}


def _argument(variable: re.Match[str]) -> str:
    """What a variable is called here: RELAY_1_HOST is `routes[0] host`."""
    place, name = variable["place"], variable["name"].lower()
    if place == "RELAY_":
        return "verify" if name == "insecure_skip_verify" else name
    if place == "OPENSMTPD_":
        return name
    return f"{f'routes[{int(place[6]) - 1}]' if place[6].isdigit() else 'fallback'} {name}"
