"""How every component checks its arguments: known keys, one choice of several, values now or when they resolve."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi

from .image.relay.invalid_setting import InvalidSetting

T = TypeVar("T")


class InvalidArgument(pulumi.RunError):
    """An argument that cannot work. Pulumi prints it as one line, without a traceback."""

    def __init__(self, component: str, argument: str, reason: str):
        super().__init__(f"{component}: {argument}: {reason}")


def check_keys(component: str, args: Mapping[str, Any], known: type) -> None:
    """Raise InvalidArgument for a key that the TypedDict `known` does not have, and for one that it requires."""
    for key in args:
        if key not in known.__annotations__:
            near = difflib.get_close_matches(key, known.__annotations__, n=1)
            fix = (
                f"did you mean {near[0]!r}?"
                if near
                else f"it knows {', '.join(sorted(known.__annotations__))}"
            )
            raise InvalidArgument(component, key, f"no such argument; {fix}")
    for key in sorted(known.__required_keys__):
        if args.get(key) is None:
            raise InvalidArgument(component, key, "is missing, and has no default")


def only_choice(component: str, args: Mapping[str, Any], choices: tuple[str, ...]) -> str:
    """Return the one key of `choices` that is given; raise InvalidArgument when there is none or more than one."""
    given = [choice for choice in choices if args.get(choice) is not None]
    if len(given) != 1:
        found = " and ".join(given) if given else "none"
        raise InvalidArgument(component, " | ".join(choices), f"give exactly one of them, found {found}")
    return given[0]


def checked(
    component: str, argument: str, value: pulumi.Input[T], check: Callable[[T], T]
) -> pulumi.Input[T]:
    """Return `check(value)`: at once for a plain value, when it resolves for an Output (in preview, if it is known).

    A list or a mapping with an Output in it counts as one.
    """
    if isinstance(value, list) and any(isinstance(item, pulumi.Output) for item in value):
        value = pulumi.Output.all(*value)
    if isinstance(value, dict) and any(isinstance(item, pulumi.Output) for item in value.values()):
        value = pulumi.Output.all(**value)

    def run(plain: T) -> T:
        try:
            return check(plain)
        except InvalidSetting as error:
            raise InvalidArgument(
                component, argument, f"{error.value} {error.problem}: {error.fix}".lstrip()
            ) from None

    return value.apply(run) if isinstance(value, pulumi.Output) else run(value)
