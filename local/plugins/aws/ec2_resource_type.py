"""The base of the types of EC2: a generated id, tags that come with the resource, lists of one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.tagging import Tagging


class Ec2ResourceType(ApiResourceType):
    """A type whose `reads` takes a list of ids and returns a list of resources."""

    service = "ec2"
    kind: ClassVar[str]
    """What a tag specification calls the type, such as `vpc-endpoint`."""
    id_parameter: ClassVar[str]
    """The parameter of `reads` that takes a list of ids."""
    listed: ClassVar[str]
    """Where `reads` returns them."""
    key: ClassVar = {}
    tagging = Tagging("Resources", read=None, write="create_tags", remove="delete_tags", keys="Tags")

    def specification(self, inputs: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The tags of a new resource."""
        tags = self.client.all_tags(inputs.get("tags"))
        return [{"ResourceType": self.kind, "Tags": self.tagging.to_api(tags)}] if tags else None

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the resource and its tags."""
        region = known.get("region") or self.client.region
        ids = {self.id_parameter: [resource_id]}
        answer = self.call("reading", self.reads, {"region": region}, absent=self.gone, **ids)
        if not answer or not answer[self.listed]:
            return None
        (resource,) = answer[self.listed]
        outputs = self.found(resource, {**known, "region": region})
        return outputs and {
            "region": region,
            **outputs,
            **self.tags_of(self.tagging.from_api(resource), known),
        }

    def tagged(self, resource_id: str, outputs: dict[str, Any]) -> Any:
        """By the id, in a list."""
        return [resource_id]

    def _write_tags(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        removed, set_ = self.tag_changes(old_outputs, inputs)
        if removed:
            keys = [{"Key": key} for key in removed]
            self._tag_call("untagging", self.tagging.remove, resource_id, old_outputs, Tags=keys)
        if set_:
            tags = self.tagging.to_api(set_)
            self._tag_call("tagging", self.tagging.write, resource_id, old_outputs, Tags=tags)
