"""Declarations that several Docker types share."""

import re
from collections.abc import Callable, Iterable, Mapping

from local.plugins.property import Property


def strings(*, replaces: bool = False, computed: bool = False, as_set: bool = False) -> Property:
    """A list of strings."""
    return Property(list, replaces=replaces, computed=computed, as_set=as_set, element=Property(str))


def string_map(*, replaces: bool = False, computed: bool = False) -> Property:
    """An object with free keys and strings as values."""
    return Property(dict, replaces=replaces, computed=computed, element=Property(str))


def objects(
    properties: Mapping[str, Property],
    *,
    replaces: bool = False,
    computed: bool = False,
    as_set: bool = False,
) -> Property:
    """A list of objects with fixed keys."""
    return Property(
        list,
        replaces=replaces,
        computed=computed,
        as_set=as_set,
        element=Property(dict, properties=properties),
    )


def labels(*, computed: bool = False) -> Property:
    """User-defined metadata: a set of `label` and `value`. A change replaces."""
    label = {"label": Property(str, required=True), "value": Property(str, required=True)}
    return objects(label, replaces=True, computed=computed, as_set=True)


def labels_to_map(labels: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Labels as the Docker API has them."""
    return {item["label"]: item["value"] for item in labels or ()}


def labels_from_map(labels: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Labels as the SDK has them, sorted."""
    return [{"label": label, "value": value} for label, value in sorted((labels or {}).items())]


def matches(pattern: str) -> Callable[[str], str | None]:
    """A validator in the words of the real provider."""

    def check(value: str) -> str | None:
        return None if re.fullmatch(pattern, value) else f"'{value}' doesn't match the pattern '^{pattern}$'"

    return check
