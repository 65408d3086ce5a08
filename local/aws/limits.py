"""What a human arranges with AWS outside the APIs: limits, leaving the sandbox; and how others behave."""

import difflib
import json
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path


class InvalidLimits(ValueError):
    """`limits.json` says something that cannot be followed."""


@dataclass(frozen=True)
class Limits:
    """The limits of the account, read again for every message.

    Defaults are those of a young account outside the sandbox: https://docs.aws.amazon.com/ses/latest/dg/quotas.html
    """

    production_access: bool = True
    """False is the sandbox: recipients have to be verified too."""
    max_send_rate: float = 14
    """Recipients per second."""
    max_24_hour_send: int = 50_000
    """Recipients per 24 hours."""
    max_recipients: int = 50
    """Recipients per message."""
    max_message_size: int = 40 * 1024 * 1024
    """Bytes per message."""
    bouncing_addresses: tuple[str, ...] = ()
    """Recipients, in lower case, whose servers know them not: mail to them bounces for good."""
    delayed_addresses: tuple[str, ...] = ()
    """Recipients, in lower case, whose servers take mail at the second attempt only."""
    vpc_endpoints: dict[str, str] = field(default_factory=dict)
    """By client address: the id of the VPC endpoint that the client comes through (`aws:SourceVpce`)."""
    unreachable_regions: tuple[str, ...] = ()
    """Regions whose SMTP endpoints are down: they close every connection at once."""

    @classmethod
    def read(cls, path: Path) -> "Limits":
        """Return the limits in the JSON file `path`, the defaults where it says nothing or is not there.

        Raises InvalidLimits for a file that is no JSON object, an unknown key, or a value of the wrong type.
        """
        try:
            given = json.loads(path.read_text())
        except FileNotFoundError:
            return cls()
        except ValueError as error:
            raise InvalidLimits(f"{path.name}: no valid JSON: {error}") from None
        if not isinstance(given, dict):
            raise InvalidLimits(f"{path.name}: expected an object, found {type(given).__name__}")
        defaults = {
            each.name: each.default_factory() if each.default is MISSING else each.default
            for each in fields(cls)
        }
        return cls(**{key: _checked(path.name, key, value, defaults) for key, value in given.items()})


def _checked(file: str, key: str, value: object, defaults: dict[str, object]) -> object:
    if key not in defaults:
        near = difflib.get_close_matches(key, defaults, n=1)
        fix = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(defaults)}"
        raise InvalidLimits(f"{file}: unknown key {key!r}; {fix}")
    match defaults[key]:
        case bool():
            expected, fits = "true or false", isinstance(value, bool)
        case tuple():
            expected = "a list of strings"
            fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        case dict():
            expected = "an object of strings"
            fits = isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
        case _:
            expected = "a number, 0 or more"
            fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if not fits:
        raise InvalidLimits(f"{file}: {key}: expected {expected}, found {value!r}")
    return tuple(value) if isinstance(value, list) else value
