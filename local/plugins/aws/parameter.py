"""aws:ssm/parameter:Parameter"""

from collections.abc import Iterator
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import one_of
from local.plugins.aws.tagging import Tagging
from local.plugins.property import Change, Failure, NotImplementedProperty, Property, not_implemented

_TIERS = ("Standard", "Advanced", "Intelligent-Tiering")


def _same_tier(old: str, new: str) -> bool:
    return old == new or new == "Intelligent-Tiering"


class Parameter(ApiResourceType):
    """A parameter of the Parameter Store, encrypted when its type is SecureString."""

    token = "aws:ssm/parameter:Parameter"  # noqa: S105
    service = "ssm"
    noun = "SSM Parameter"
    key: ClassVar = {"name": "Name"}
    creates = updates = "put_parameter"
    reads = "get_parameter"
    deletes = "delete_parameter"
    gone = ("ParameterNotFound",)
    autoname = "name"
    tagging = Tagging(
        "ResourceId",
        write="add_tags_to_resource",
        remove="remove_tags_from_resource",
        answer="TagList",
        more={"ResourceType": "Parameter"},
    )
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "type": Property(str, required=True, validate=one_of("String", "StringList", "SecureString")),
        "allowedPattern": Property(str),
        "arn": Property(str, computed=True),
        "dataType": Property(str, replaces=True, computed=True),
        "description": Property(str),
        "insecureValue": Property(str, conflicts=("value",)),
        "keyId": Property(str, computed=True),
        "overwrite": Property(bool, state_only=True),
        "tier": Property(str, computed=True, validate=one_of(*_TIERS), equal=_same_tier),
        "value": Property(str, computed=True, secret=True),
        "region": REGION,
        "tags": TAGS,
        "hasValueWo": Property(bool, output_only=True),
        "tagsAll": TAGS_ALL,
        "version": Property(int, output_only=True),
        "valueWo": NotImplementedProperty(object, secret=True),
        **not_implemented("valueWoVersion"),
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """One value, and a secure one only as a secret."""
        if inputs.get("value") is None and inputs.get("insecureValue") is None:
            names = "`insecureValue,value,valueWo`"
            yield Failure("value", f"Invalid combination of arguments. One of {names} must be specified")
        if inputs.get("insecureValue") is not None and inputs.get("type") == "SecureString":
            yield Failure("insecureValue", "invalid configuration, cannot set type = SecureString with it")

    def replaces_now(self, change: Change, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> bool:
        """There is no way back from the advanced tier."""
        return change.path == "tier" and (old_outputs.get("tier"), inputs["tier"]) == ("Advanced", "Standard")

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Put the parameter; with `overwrite` the tags go in a call of their own."""
        if not inputs.get("overwrite"):
            return super().make(inputs)
        self.call("creating", self.creates, inputs, **self.request(inputs), Overwrite=True)
        self._write_tags(inputs["name"], {}, inputs)
        return inputs["name"], {}

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The value goes under one name, secret or not."""
        request = super().request(inputs)
        request.pop("Arn", None)
        insecure = request.pop("InsecureValue", None)
        return request if insecure is None else {**request, "Value": insecure}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """The value and what describes it, which come from two calls."""
        parameter = answer["Parameter"]
        by_name = [{"Key": "Name", "Option": "Equals", "Values": [known["name"]]}]
        described = self.call(
            "reading", "describe_parameters", known, without=("name",), ParameterFilters=by_name
        )["Parameters"]
        details = described[0] if described else {}
        insecure = known.get("insecureValue") is not None
        return {
            "arn": parameter["ARN"],
            "type": parameter["Type"],
            "version": parameter["Version"],
            "dataType": parameter.get("DataType"),
            "insecureValue" if insecure else "value": parameter["Value"],
            "description": details.get("Description") or None,
            "allowedPattern": details.get("AllowedPattern") or None,
            "keyId": details.get("KeyId"),
            "tier": details.get("Tier") or "Standard",
            "hasValueWo": False,
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Put the parameter again and write its tags."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        if changed - {"tags", "tagsAll"}:
            overwrite = inputs.get("overwrite") is not False
            self.call("updating", self.updates, inputs, **self.request(inputs), Overwrite=overwrite)
        self._write_tags(resource_id, old_outputs, inputs)

    def call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        """Read the value itself, not its cipher text."""
        more = {"WithDecryption": True} if operation == self.reads else {}
        return super().call(verb, operation, values, **parameters, **more)

    def tagged(self, resource_id: str, outputs: dict[str, Any]) -> str:
        """By the name."""
        return resource_id
