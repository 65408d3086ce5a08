"""How every component checks its arguments: known keys, one choice of several, values now or when they resolve."""

import difflib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

import pulumi

from .argument_types import kind_of, misfit
from .image.relay.invalid_setting import InvalidSetting

T = TypeVar("T")
U = TypeVar("U")

MISSING = "is missing, and has no default"


class InvalidArgument(pulumi.RunError):
    """An argument that cannot work. Pulumi prints it as one line, without a traceback."""

    def __init__(self, component: str, argument: str, reason: str):
        super().__init__(f"{component}: {argument}: {reason}")


def check_keys(component: str, args: Mapping[str, Any], known: type) -> None:
    """Raise InvalidArgument for a key that the TypedDict `known` does not have, and for one that it requires.

    A value of another type than `known` says is refused, too.
    """
    if not isinstance(args, Mapping):
        given = "an output" if isinstance(args, pulumi.Output) else kind_of(args)
        raise InvalidArgument(
            component, "args", f"has to be a dict, as {known.__name__} describes, not {given}"
        )
    refuse_unknown_keys(component, "", args, known.__annotations__)
    for key in sorted(known.__required_keys__):
        if args.get(key) is None:
            raise InvalidArgument(component, key, MISSING)
    for key, value in args.items():
        if problem := misfit(value, known.__annotations__[key]):
            raise InvalidArgument(component, key, problem)


def refuse_unknown_keys(component: str, path: str, keys: Iterable[str], known: Collection[str]) -> None:
    """Raise InvalidArgument for a key of the argument at `path` that is not `known`."""
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(sorted(known))}"
            raise InvalidArgument(component, f"{path}{key}", f"no such argument; {fix}")


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
    """`applied(value, check)`, with the fix that an InvalidSetting names as an InvalidArgument.

    It names `argument`, or the field of it that the InvalidSetting is about.
    """

    def run(plain: T) -> T:
        try:
            return check(plain)
        except InvalidSetting as error:
            field = error.field if error.field.startswith(f"{argument}.") else argument
            raise InvalidArgument(
                component, field, f"{error.value} {error.problem}: {error.fix}".lstrip()
            ) from None

    return applied(value, run)


def applied(value: pulumi.Input[T], function: Callable[[T], U]) -> pulumi.Input[U]:
    """Return `function(value)`: at once for a plain value, when it resolves for an Output (in preview, if it is known).

    A list or a mapping with an Output anywhere in it counts as one.
    """
    if isinstance(value, list):
        value = joined(value)
    elif not isinstance(value, pulumi.Output) and _comes_later(value):
        value = pulumi.Output.from_input(value)
    return value.apply(function) if isinstance(value, pulumi.Output) else function(value)


def joined(values: list[pulumi.Input[Any]]) -> pulumi.Input[list[Any]]:
    """Return the list once each of its values is known; at once where none is an Output.

    Output.all would look for Outputs within each value, too, and takes several times as long for it.
    """
    index = next((index for index, value in enumerate(values) if _comes_later(value)), None)
    if index is None:
        return values
    return applied(values[index], lambda known: joined([*values[:index], known, *values[index + 1 :]]))


def _comes_later(value: object) -> bool:
    if isinstance(value, list | tuple | dict):
        return any(map(_comes_later, value.values() if isinstance(value, dict) else value))
    return isinstance(value, pulumi.Output | Awaitable)
