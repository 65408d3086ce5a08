"""The SDK's names and the API's: they mostly differ in the case of the first letter."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def api_name(name: str) -> str:
    """`topicArn` as `TopicArn`."""
    return name[0].upper() + name[1:]


def to_api(value: Any) -> Any:
    """A value with the API's names at every level, without what is absent."""
    if isinstance(value, Mapping):
        return {api_name(name): to_api(item) for name, item in value.items() if item not in (None, "")}
    if isinstance(value, list):
        return [to_api(item) for item in value]
    return value


def from_api(value: Any) -> Any:
    """A value with the SDK's names at every level; an object without anything in it is None."""
    if isinstance(value, Mapping):
        named = {name[0].lower() + name[1:]: from_api(item) for name, item in value.items()}
        return {name: item for name, item in named.items() if item is not None} or None
    if isinstance(value, list):
        return [from_api(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
