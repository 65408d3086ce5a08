"""One property of a resource type, and the rules that follow from its declaration."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.plugins.values import UNKNOWN, Secret, contains_unknown

DEFAULTS_KEY = "__defaults"
"""In each checked object: the names that the plugin filled in. The engine hides keys with two underscores."""


@dataclass(frozen=True)
class Change:
    """A difference between the state and the program, at a path such as `ports[1].ip`."""

    path: str
    kind: str
    """`add`, `delete` or `update`."""
    replaces: bool

    @property
    def property_name(self) -> str:
        """The top-level property that changed."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


@dataclass(frozen=True)
class Failure:
    """Why inputs are refused."""

    path: str
    reason: str

    def text(self, resource: str) -> str:
        """The reason in the words of a bridged provider, with the place to look at."""
        return f"{self.reason}. Examine values at '{resource}.{self.path}'."


@dataclass(frozen=True)
class Property:
    """How one property behaves. `kind` is str, int, float, bool, list, dict or object (anything)."""

    kind: type
    required: bool = False
    replaces: bool = False
    """A change of the value replaces the resource."""
    computed: bool = False
    """The service chooses when the program is silent: then no difference, and unknown before the create."""
    default: Any = None
    """Written into the checked inputs when the program is silent."""
    secret: bool = False
    output_only: bool = False
    """Refused as an input."""
    state_only: bool = False
    """The service neither takes nor returns it: the state keeps what the program said."""
    as_json: bool = False
    """For a string: an object is taken too, as JSON."""
    as_set: bool = False
    """For a list: the order does not matter."""
    conflicts: tuple[str, ...] = ()
    """Names of sibling properties that must not be given together with this one."""
    element: "Property | None" = None
    """For a list, or a dict with free keys: what each item is."""
    properties: "Mapping[str, Property]" = field(default_factory=dict)
    """For a dict with fixed keys: its properties."""
    validate: Callable[[Any], str | None] | None = None
    """Returns the reason why a known value is refused, or None. Without a full stop at the end."""
    equal: Callable[[Any, Any], bool] | None = None
    """Whether the value in the state (first) and that of the program (second) mean the same."""

    def check(self, path: str, value: Any, old: Any, failures: list[Failure]) -> Any:
        """The value with defaults, scalars converted as Terraform does it; appends to `failures`."""
        if value is UNKNOWN or self.kind is object:
            return value
        if self.as_json and isinstance(value, dict):
            if contains_unknown(value):
                return UNKNOWN
            value = json.dumps(without_defaults(value))
        known_failures = len(failures)
        if self.kind is list:
            checked = self._check_list(path, value, old, failures)
        elif self.kind is dict:
            checked = self._check_dict(path, value, old, failures)
        else:
            checked = self._convert(path, value, failures)
        sound = len(failures) == known_failures and checked is not None
        if self.validate and sound and not contains_unknown(checked):
            reason = self.validate(checked)
            if reason:
                failures.append(Failure(path, reason))
        return checked

    def changes(self, path: str, old: Any, new: Any, replaces: bool = False) -> Iterator[Change]:
        """The differences between the value in the state and that of the program."""
        replaces = replaces or self.replaces
        if self.output_only or (new is None and self.computed):
            return
        if new is UNKNOWN:
            yield Change(path, "add" if is_absent(old) else "update", replaces)
        elif is_empty(old) and is_empty(new):
            return
        elif is_absent(old):
            yield Change(path, "add", replaces)
        elif is_absent(new):
            yield Change(path, "delete", replaces)
        elif self.equal and not contains_unknown(new):
            if not self.equal(old, new):
                yield Change(path, "update", replaces)
        elif self.as_set:
            yield from self._set_changes(path, old, new, replaces)
        elif isinstance(old, list) and isinstance(new, list):
            for index in range(max(len(old), len(new))):
                yield from self._item_changes(
                    f"{path}[{index}]", _item(old, index), _item(new, index), replaces
                )
        elif isinstance(old, dict) and isinstance(new, dict):
            if self.properties:
                yield from object_changes(self.properties, path + ".", old, new, replaces)
            else:
                for key in dict.fromkeys((*old, *new)):
                    if key != DEFAULTS_KEY:
                        yield from self._item_changes(
                            _key_path(path, key), old.get(key), new.get(key), replaces
                        )
        elif old != new:
            yield Change(path, "update", replaces)

    def preview(self, old: Any, new: Any, creating: bool) -> Any:
        """What the outputs will hold: the program's value, computed parts unknown or as they were."""
        if new is None:
            if not (self.computed or self.output_only):
                return None
            return UNKNOWN if creating else old
        if self.properties and isinstance(new, dict):
            return object_preview(self.properties, old if isinstance(old, dict) else None, new)
        if self.element and isinstance(new, list):
            before = old if isinstance(old, list) else []
            return [self.element.preview(_item(before, i), item, creating) for i, item in enumerate(new)]
        return new

    def seal(self, value: Any) -> Any:
        """The value with its secret parts wrapped for the engine."""
        if value is None or value is UNKNOWN:
            return value
        if self.secret:
            return Secret(value)
        if self.properties and isinstance(value, dict):
            return seal_object(self.properties, value)
        if self.element and isinstance(value, list):
            return [self.element.seal(item) for item in value]
        if self.element and isinstance(value, dict):
            return {key: self.element.seal(item) for key, item in value.items()}
        return value

    def _check_list(self, path: str, value: Any, old: Any, failures: list[Failure]) -> Any:
        if not isinstance(value, list):
            failures.append(Failure(path, f"Expected a list, got {_described(value)}"))
            return value
        if self.element is None:
            return value
        before = old if isinstance(old, list) else []
        return [
            self.element.check(f"{path}[{index}]", item, _item(before, index), failures)
            for index, item in enumerate(value)
        ]

    def _check_dict(self, path: str, value: Any, old: Any, failures: list[Failure]) -> Any:
        if not isinstance(value, dict):
            failures.append(Failure(path, f"Expected an object, got {_described(value)}"))
            return value
        before = old if isinstance(old, dict) else {}
        if self.properties:
            return check_object(self.properties, path + ".", value, before, failures)
        if self.element is None:
            return value
        return {
            key: self.element.check(_key_path(path, key), item, before.get(key), failures)
            for key, item in value.items()
            if key != DEFAULTS_KEY
        }

    def _convert(self, path: str, value: Any, failures: list[Failure]) -> Any:
        if value is None or type(value) is self.kind:
            return value
        if self.kind is float and type(value) is int:
            return value
        if self.kind is str and isinstance(value, bool):
            return "true" if value else "false"
        if self.kind is str and isinstance(value, int | float):
            return str(value)
        if self.kind is bool and value in ("true", "false"):
            return value == "true"
        if self.kind in (int, float) and isinstance(value, str):
            try:
                return self.kind(value)
            except ValueError:
                pass
        shown = "a secret" if self.secret else _described(value)
        failures.append(Failure(path, f"Expected {_KIND_NAMES[self.kind]}, got {shown}"))
        return value

    def _item_changes(self, path: str, old: Any, new: Any, replaces: bool) -> Iterator[Change]:
        return (self.element or Property(object)).changes(path, old, new, replaces)

    def _set_changes(self, path: str, old: list[Any], new: list[Any], replaces: bool) -> Iterator[Change]:
        left = dict(enumerate(old))
        added = []
        for index, item in enumerate(new):
            same = next((i for i, o in left.items() if not any(self._item_changes("", o, item, False))), None)
            if same is None:
                added.append(index)
            else:
                del left[same]
        for index in added:
            yield Change(
                f"{path}[{index}]", "update" if left.pop(index, None) is not None else "add", replaces
            )
        for index in left:
            yield Change(f"{path}[{index}]", "delete", replaces)


@dataclass(frozen=True)
class NotImplementedProperty(Property):
    """A property of the real provider that the stand-in refuses, rather than ignore it silently."""

    def check(self, path: str, value: Any, old: Any, failures: list[Failure]) -> Any:
        """Refuse every value, known or not."""
        failures.append(Failure(path, f"the stand-in does not implement '{path}'"))
        return value


def not_implemented(*names: str) -> dict[str, Property]:
    """A declaration for each name that refuses it and says so."""
    return dict.fromkeys(names, NotImplementedProperty(object))


_KIND_NAMES = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def check_object(
    properties: Mapping[str, Property],
    prefix: str,
    values: Mapping[str, Any],
    old: Mapping[str, Any],
    failures: list[Failure],
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values of an object with fixed keys, checked, with defaults and the list of them.

    `defaults` are more defaults than the declared ones. A default is taken from the old inputs when it was a
    default there too, so that it stays the same for the life of the resource.
    """
    given = {key: value for key, value in values.items() if value is not None and key != DEFAULTS_KEY}
    checked = {}
    for name, value in given.items():
        declared = properties.get(name)
        if declared is None or declared.output_only:
            failures.append(Failure(prefix + name, "Invalid or unknown key"))
            continue
        checked[name] = declared.check(prefix + name, value, old.get(name), failures)
        clash = next((other for other in declared.conflicts if other in given), None)
        if clash:
            failures.append(
                Failure(
                    prefix + name, f'Conflicting configuration arguments. "{name}": conflicts with {clash}'
                )
            )
    defaulted = []
    declared_defaults = {name: declared.default for name, declared in properties.items()}
    for name, default in {**declared_defaults, **(defaults or {})}.items():
        clashes = any(other in given for other in properties[name].conflicts)
        if default is None or name in given or clashes:
            continue
        kept = name in old.get(DEFAULTS_KEY, ()) and old.get(name) is not None
        checked[name] = old[name] if kept else default
        defaulted.append(name)
    for name, declared in properties.items():
        if declared.required and name not in checked:
            text = "Missing required argument. " + (
                f'The argument "{name}" is required, but no definition was found.'
            )
            failures.append(Failure(prefix + name, text))
    checked[DEFAULTS_KEY] = sorted(defaulted)
    return checked


def object_changes(
    properties: Mapping[str, Property],
    prefix: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    replaces: bool = False,
) -> Iterator[Change]:
    """The differences between two objects with fixed keys."""
    for name, declared in properties.items():
        yield from declared.changes(prefix + name, old.get(name), new.get(name), replaces)


def object_preview(
    properties: Mapping[str, Property], old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> dict[str, Any]:
    """What an object will hold after the update; `old` is None when it is about to be created."""
    previewed = {
        name: declared.preview(None if old is None else old.get(name), new.get(name), old is None)
        for name, declared in properties.items()
    }
    return {name: value for name, value in previewed.items() if value is not None}


def seal_object(properties: Mapping[str, Property], values: Mapping[str, Any]) -> dict[str, Any]:
    """The object with its secret parts wrapped for the engine."""
    return {
        name: properties[name].seal(value) if name in properties else value for name, value in values.items()
    }


def without_defaults(value: Any) -> Any:
    """A copy without the lists of defaulted names, at every level."""
    if isinstance(value, Mapping):
        return {key: without_defaults(item) for key, item in value.items() if key != DEFAULTS_KEY}
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    return value


def is_absent(value: Any) -> bool:
    """Whether there is no value: None, or a collection without items."""
    return value is None or (isinstance(value, dict | list) and not value)


def is_empty(value: Any) -> bool:
    """Whether Terraform's older types take the value for absent: also `""`, false and zero."""
    return is_absent(value) or (value is not UNKNOWN and value in ("", 0, False))


def _item(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else None


def _key_path(path: str, key: str) -> str:
    return f"{path}.{key}" if re.fullmatch(r"[A-Za-z_$][\w$]*", key) else f'{path}["{key}"]'


def _described(value: Any) -> str:
    kinds = {list: "a list", dict: "an object"}
    return kinds.get(type(value)) or repr(value)
