"""Whether an argument is of the type that its annotation says, so that a mistake is named where it was made."""

import types
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NotRequired, Union, get_args, get_origin, is_typeddict

import pulumi

_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    tuple: "a list",
    dict: "an object",
    type(None): "nothing",
}

_NOT_LATER = "decides what is made, so it cannot be an output: give the value itself"


def kind_of(value: object) -> str:
    """What sort of value it is, for a message that must not show the value."""
    if isinstance(value, float) and not value.is_integer():
        return "a fraction"
    return _KINDS.get(type(value), type(value).__name__)


def misfit(value: Any, annotation: Any) -> str | None:
    """What is wrong with a value's type, after the argument's name; None when nothing is.

    An Output is known later, and not looked into; it is wrong where the annotation does not say Input. A TypedDict has
    only to be an object: its fields are checked by whoever takes it apart.
    """
    wanted = plain_type(annotation)
    kind = get_origin(wanted) or wanted
    if value is None or wanted is Any:
        return None
    if isinstance(value, pulumi.Output | Awaitable):
        return None if _may_come_later(annotation) else _NOT_LATER
    if kind in (list, Sequence):
        return _misfit_in_list(value, *get_args(wanted))
    if kind in (dict, Mapping):
        return _misfit_in_object(value, get_args(wanted)[1])
    if is_typeddict(kind):
        return None if isinstance(value, Mapping) else _wrong("an object", value)
    return None if _fits(value, kind) else _wrong(_KINDS[kind], value)


def plain_type(annotation: Any) -> Any:
    """The type of the plain value: of NotRequired[Input[X]] it is X."""
    # The first of Input[X] is X; the others are an Awaitable and an Output of it.
    if get_origin(annotation) in (NotRequired, Union, types.UnionType):
        return plain_type(get_args(annotation)[0])
    return annotation


def _may_come_later(annotation: Any) -> bool:
    if get_origin(annotation) is NotRequired:
        return _may_come_later(*get_args(annotation))
    return any(get_origin(part) is Awaitable for part in get_args(annotation))


def _misfit_in_list(value: Any, item_type: Any) -> str | None:
    if not isinstance(value, list | tuple):
        return f"{_wrong('a list', value)}: give a list, even of one"
    found = ((index, misfit(item, item_type)) for index, item in enumerate(value))
    return next((f"item {index} {problem}" for index, problem in found if problem), None)


def _misfit_in_object(value: Any, item_type: Any) -> str | None:
    if not isinstance(value, Mapping):
        return _wrong("an object", value)
    found = ((key, misfit(item, item_type)) for key, item in value.items())
    return next((f"{key!r} {problem}" for key, problem in found if problem), None)


def _fits(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if kind is int:
        # StackReferences give floats, a configuration text. Which numbers will do is said by whoever uses them.
        whole = value.is_integer() if isinstance(value, float) else str(value).isdecimal()
        return whole or isinstance(value, int)
    return isinstance(value, int | float if kind is float else kind)


def _wrong(wanted: str, value: object) -> str:
    return f"has to be {wanted}, not {kind_of(value)}"
