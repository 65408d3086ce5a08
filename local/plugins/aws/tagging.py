"""How the services of AWS name the operations on tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Tagging:
    """The operations of one service, with the names of their parameters. The defaults are the most common ones."""

    target: str
    """The parameter that says which resource."""
    read: str | None = "list_tags_for_resource"
    """None when the tags come with the resource itself, under `Tags`."""
    write: str = "tag_resource"
    remove: str = "untag_resource"
    answer: str = "Tags"
    """Where `read` returns the tags."""
    keys: str = "TagKeys"
    """The parameter of `remove`."""
    key: str = "Key"
    value: str = "Value"
    as_map: bool = False
    """The service has tags as a map, not as a list."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further parameters of all three operations."""

    def to_api(self, tags: Mapping[str, str]) -> Any:
        """Tags as the service takes them."""
        if self.as_map:
            return dict(tags)
        return [{self.key: key, self.value: value} for key, value in tags.items()]

    def from_api(self, answer: Mapping[str, Any]) -> dict[str, str]:
        """The tags in an answer of the service."""
        tags = answer.get(self.answer) or {}
        return dict(tags) if self.as_map else {tag[self.key]: tag[self.value] for tag in tags}
