"""The base of types whose operations take and return their properties under the API's names."""

from collections.abc import Mapping
from typing import Any, ClassVar

from local.plugins.aws.api_form import api_name, from_api, to_api
from local.plugins.aws.aws_resource_type import AwsResourceType
from local.plugins.aws.tagging import Tagging
from local.plugins.errors import OperationError

_NOT_SENT = ("region", "tags")


class ApiResourceType(AwsResourceType):
    """A type is a declaration; a subclass overrides a method only where the API differs from the rule.

    The rule: each operation gets the key, and `creates` and `updates` all other inputs; `reads` returns the
    properties; the id is made of the values of the key.
    """

    service: ClassVar[str]
    """boto3's name."""
    noun: ClassVar[str]
    """What the real provider calls the type in its errors."""
    key: ClassVar[Mapping[str, str]]
    """The properties that tell which resource, with their parameters."""
    separator: ClassVar[str] = "|"
    """Between the parts of the id."""
    unread: ClassVar[tuple[str, ...]] = ()
    """The parts of the key that `reads` does not take: it lists, and `found` picks by them."""
    creates: ClassVar[str]
    reads: ClassVar[str]
    updates: ClassVar[str | None] = None
    """None when only tags can change."""
    deletes: ClassVar[str]
    gone: ClassVar[tuple[str, ...]] = ("NotFoundException",)
    """The error codes that say that there is no such resource."""
    api_names: ClassVar[Mapping[str, str]] = {}
    """Parameters that are called otherwise than their properties."""
    arn: ClassVar[tuple[str, str] | None] = None
    """For an `arn` that the API does not return: the service, and the resource with the id as `{}`."""
    tagging: ClassVar[Tagging | None] = None

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the resource, tags included."""
        tags = self.tagging and self.tagging.to_api(self.client.all_tags(inputs.get("tags")))
        more = {"Tags": tags} if tags else {}
        answer = self.call("creating", self.creates, inputs, **self.request(inputs), **more)
        return self.made(inputs, answer)

    def made(self, inputs: dict[str, Any], answer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id, and the outputs that only the answer to the creation has."""
        return self.separator.join(inputs[name] for name in self.key), {}

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The parameters of `creates` and `updates` besides the key."""
        return {
            self._parameter(name): to_api(value)
            for name, value in inputs.items()
            if name not in (*self.key, *_NOT_SENT) and not self.properties[name].state_only
            if value not in (None, "")
        }

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the resource and its tags."""
        known = {"region": self.client.region, **self.parsed(resource_id), **known}
        answer = self.call("reading", self.reads, known, absent=self.gone, without=self.unread)
        found = None if answer is None else self.found(answer, known)
        if found is None:
            return None
        outputs = {name: known[name] for name in (*self.key, "region") if name in self.properties} | found
        if self.arn:
            service, resource = self.arn
            outputs["arn"] = self.client.arn(service, resource.format(resource_id), known["region"])
        if self.tagging:
            outputs |= self._read_tags(resource_id, answer, outputs, known)
        return outputs

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """The properties in what `reads` returned, None when it does not hold the resource."""
        return {
            name: from_api(answer.get(self._parameter(name)))
            for name, declared in self.properties.items()
            if name not in (*self.key, *_NOT_SENT) and not declared.state_only
        }

    def parsed(self, resource_id: str) -> dict[str, str]:
        """The key in an id. Raises OperationError for an id of another form."""
        parts = resource_id.split(self.separator, len(self.key) - 1)
        if len(parts) != len(self.key):
            form = self.separator.join(self.key)
            raise OperationError(f"unexpected format of ID ({resource_id}), expected {form}")
        return dict(zip(self.key, parts, strict=True))

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Update the resource, if more than its tags changed, and then the tags."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        if self.updates and changed - {"tags", "tagsAll"}:
            self.call("updating", self.updates, inputs, **self.request(inputs))
        if self.tagging:
            self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the resource."""
        self.call("deleting", self.deletes, outputs, absent=self.gone)

    def tagged(self, resource_id: str, outputs: dict[str, Any]) -> str:
        """The name under which the service tags the resource."""
        return outputs["arn"]

    def call(
        self,
        verb: str,
        operation: str,
        values: Mapping[str, Any],
        absent: tuple[str, ...] = (),
        without: tuple[str, ...] = (),
        **parameters: Any,
    ) -> Any:
        """Call an operation on the resource whose key is in `values`; see `AwsClient.call`.

        The parts of the key in `without` are not sent.
        """
        sent = {parameter: values[name] for name, parameter in self.key.items() if name not in without}
        return self.client.call(
            f"{verb} {self.described(values)}",
            self.service,
            operation,
            region=values.get("region"),
            absent=absent,
            **{**sent, **parameters},
        )

    def described(self, values: Mapping[str, Any]) -> str:
        """The resource as the real provider calls it in its errors."""
        named = self.separator.join(str(values[name]) for name in self.key)
        return f"{self.noun} ({named})" if named else self.noun

    def _parameter(self, name: str) -> str:
        return self.api_names.get(name, api_name(name))

    def _read_tags(
        self, resource_id: str, answer: dict[str, Any], outputs: dict[str, Any], known: dict[str, Any]
    ) -> dict[str, Any]:
        if self.tagging.read:
            answer = self._tag_call("listing tags for", self.tagging.read, resource_id, outputs)
        return self.tags_of(self.tagging.from_api(answer), known)

    def _write_tags(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        removed, set_ = self.tag_changes(old_outputs, inputs)
        if removed:
            more = {self.tagging.keys: removed}
            self._tag_call("untagging", self.tagging.remove, resource_id, old_outputs, **more)
        if set_:
            more = {"Tags": self.tagging.to_api(set_)}
            self._tag_call("tagging", self.tagging.write, resource_id, old_outputs, **more)

    def _tag_call(
        self, verb: str, operation: str, resource_id: str, outputs: dict[str, Any], **parameters: Any
    ) -> Any:
        return self.client.call(
            f"{verb} {self.noun} ({resource_id})",
            self.service,
            operation,
            region=outputs.get("region"),
            **{self.tagging.target: self.tagged(resource_id, outputs)},
            **self.tagging.more,
            **parameters,
        )
