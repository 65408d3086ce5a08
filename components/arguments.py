"""How every component checks its arguments: known keys, one choice of several, values now or when they resolve."""

import difflib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args, get_origin, is_typeddict

import pulumi

from .argument_types import kind_of, misfit, plain_type
from .image.relay.invalid_setting import InvalidSetting

T = TypeVar("T")
U = TypeVar("U")
Args = TypeVar("Args", bound=Mapping[str, Any])

MISSING = "is missing, and has no default"


class InvalidArgument(pulumi.RunError):
    """An argument that cannot work. Pulumi prints it as one line, without a traceback."""

    def __init__(self, component: str, argument: str, reason: str):
        super().__init__(f"{component}: {argument}: {reason}")


def checked_args(component: str, args: Args, known: type[Args]) -> Args:
    """Return a component's arguments, with an `int` for every whole number in them, however deep and whatever gave it.

    Raises InvalidArgument as `check_keys` does, and for a number that is not whole: of an Output when it resolves.
    """
    check_keys(component, args, known)
    return _with_integers(component, "", args, known)


def _with_integers(component: str, path: str, value: Any, annotation: Any) -> Any:
    wanted = plain_type(annotation)
    kind = get_origin(wanted) or wanted
    if kind is int:
        return applied(value, lambda known: whole_number(component, path, known))
    if is_typeddict(kind) and isinstance(value, Mapping):
        types, prefix = kind.__annotations__, f"{path}." if path else ""
        return {
            key: _with_integers(component, f"{prefix}{key}", item, types.get(key))
            for key, item in value.items()
        }
    if kind in (list, Sequence) and isinstance(value, list | tuple):
        (item_type,) = get_args(wanted)
        return [
            _with_integers(component, f"{path}[{index}]", item, item_type) for index, item in enumerate(value)
        ]
    return value


def whole_number(component: str, path: str, value: Any) -> int | None:
    """Return the value as an `int`. Raises InvalidArgument for what is no whole number, by the argument's path."""
    if problem := misfit(value, int):
        raise InvalidArgument(component, path, problem)
    return None if value is None else int(value)


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
