"""What the AWS resource types have in common: regions, tags, and outputs that are always read back."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local.plugins.aws.client import AwsClient
from local.plugins.aws.policy import policies_are_equivalent
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Change, Failure, Property
from local.plugins.resource_type import ResourceType

REGION = Property(str, replaces=True)
"""For types of regional services: the provider's region when the program names none."""
TAGS = Property(dict, element=Property(str))
TAGS_ALL = Property(dict, element=Property(str), output_only=True)


class AwsResourceType(ResourceType):
    """A type that makes or changes a resource and then reads it, as the real provider does."""

    client: AwsClient

    @abstractmethod
    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the resource; returns its id and the outputs that no later read can get."""

    def replaces_now(self, change: Change, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> bool:
        """Whether a change replaces the resource, of a property that does not always."""
        return False

    @abstractmethod
    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """The outputs as AWS has them, or None when the resource is gone.

        `known` is what the program or the state says, for values that AWS does not return; empty for an import.
        """

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Update the resource in place."""
        raise NotImplementedError(f"{self.token} has no update in place")

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make the resource and read it."""
        resource_id, answer = self.make(inputs)
        return resource_id, self._read_back(resource_id, {**inputs, **answer})

    def read(
        self, resource_id: str, outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Read the resource."""
        found = self.look_up(resource_id, outputs)
        if found is None:
            return None
        found = self._settled(found, outputs)
        return resource_id, found, self.refreshed_inputs(found, inputs)

    def update(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        """Change the resource and read it."""
        self.change(resource_id, old_outputs, inputs)
        kept = {name: old_outputs.get(name) for name, p in self.properties.items() if p.output_only}
        return self._read_back(resource_id, {**kept, **inputs})

    def check(
        self, old_inputs: dict[str, Any], inputs: dict[str, Any], propose_name: Callable[[int], str]
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Add the provider's region to a regional resource. It is no default: it follows the provider."""
        if "region" in self.properties and inputs.get("region") is None:
            inputs = {**inputs, "region": self.client.region}
        return super().check(old_inputs, inputs, propose_name)

    def diff(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> list[Change]:
        """Tell what replaces only now and then, and compare the provider's default tags too."""
        changes = [
            replace(change, replaces=change.replaces or self.replaces_now(change, old_outputs, inputs))
            for change in super().diff(resource_id, old_outputs, inputs)
        ]
        if "tagsAll" in self.properties:
            wanted = self.client.all_tags(inputs.get("tags"))
            changes += TAGS.changes("tagsAll", old_outputs.get("tagsAll"), wanted)
        return changes

    def preview(self, old_outputs: dict[str, Any] | None, inputs: dict[str, Any]) -> dict[str, Any]:
        """Show all tags, which are known before AWS has them."""
        outputs = super().preview(old_outputs, inputs)
        if "tagsAll" in self.properties:
            outputs["tagsAll"] = self.client.all_tags(inputs.get("tags"))
        return outputs

    def tags_of(self, remote: dict[str, str], known: dict[str, Any]) -> dict[str, dict[str, str]]:
        """The outputs `tags` and `tagsAll`."""
        all_tags = {key: value for key, value in remote.items() if not key.startswith("aws:")}
        return {"tags": self.client.own_tags(remote, known.get("tags")), "tagsAll": all_tags}

    def tag_changes(
        self, old_outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[list[str], dict[str, str]]:
        """The keys to remove and the tags to set."""
        old, new = old_outputs.get("tagsAll") or {}, self.client.all_tags(inputs.get("tags"))
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        return [key for key in old if key not in new], changed

    def _read_back(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any]:
        try:
            found = self.look_up(resource_id, known)
        except OperationError as error:
            raise PartialCreate(resource_id, _without_none(known), [str(error)]) from error
        if found is None:
            reason = f"reading {self.token.rsplit(':', 1)[-1]} ({resource_id}): couldn't find resource"
            raise PartialCreate(resource_id, _without_none(known), [reason])
        return self._settled(found, known)

    def _settled(self, found: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """What was read, with the known text of a policy that means the same, and with what only the state has.

        In an import what only the state could have gets its default.
        """
        settled = dict(found)
        for name, declared in self.properties.items():
            before, read = known.get(name), found.get(name)
            if declared.state_only:
                settled[name] = declared.default if before is None else before
            elif (
                declared.equal is policies_are_equivalent
                and None not in (before, read)
                and declared.equal(before, read)
            ):
                settled[name] = before
        return _without_none(settled)


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags in the form that most of AWS's APIs take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags from the form that most of AWS's APIs return."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
