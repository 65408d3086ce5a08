"""aws:ec2/securityGroup:SecurityGroup"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.ec2_resource_type import Ec2ResourceType
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Property, not_implemented


def _check_name(value: str) -> str | None:
    return 'invalid value for name: cannot begin with "sg-"' if value.startswith("sg-") else None


_TEXTS = Property(list, element=Property(str), as_set=True)
_RULES = Property(
    list,
    as_set=True,
    computed=True,
    element=Property(
        dict,
        properties={
            "fromPort": Property(int, required=True),
            "protocol": Property(str, required=True),
            "toPort": Property(int, required=True),
            "cidrBlocks": _TEXTS,
            "description": Property(str),
            "ipv6CidrBlocks": _TEXTS,
            "prefixListIds": _TEXTS,
            "securityGroups": _TEXTS,
            "self": Property(bool, default=False),
        },
    ),
)
# By property of a rule: where EC2 has the sources, and what it calls one.
_SOURCES = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}
_DIRECTIONS = {
    "ingress": ("IpPermissions", "authorize_security_group_ingress", "revoke_security_group_ingress"),
    "egress": ("IpPermissionsEgress", "authorize_security_group_egress", "revoke_security_group_egress"),
}


class SecurityGroup(Ec2ResourceType):
    """A security group. It starts without the rule that EC2 gives a new one, which lets everything out."""

    token = "aws:ec2/securityGroup:SecurityGroup"  # noqa: S105
    noun = "Security Group"
    kind = "security-group"
    id_parameter = "GroupIds"
    listed = "SecurityGroups"
    creates = "create_security_group"
    reads = "describe_security_groups"
    deletes = "delete_security_group"
    gone = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True, validate=_check_name),
        "description": Property(str, replaces=True, default="Managed by Pulumi"),
        "egress": _RULES,
        "ingress": _RULES,
        "revokeRulesOnDelete": Property(bool, default=False, state_only=True),
        "vpcId": Property(str, replaces=True, computed=True),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "ownerId": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        **not_implemented("namePrefix"),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the group, take its default rule away, and give it those of the program."""
        created = self.client.call(
            f"creating Security Group ({inputs['name']})",
            "ec2",
            self.creates,
            region=inputs["region"],
            GroupName=inputs["name"],
            Description=inputs["description"],
            VpcId=inputs.get("vpcId"),
            TagSpecifications=self.specification(inputs),
        )
        group = created["GroupId"]
        try:
            everything = [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]
            self._change_rules(group, inputs["region"], "egress", everything, [])
            for direction in _DIRECTIONS:
                self._change_rules(group, inputs["region"], direction, [], inputs.get(direction) or [])
        except OperationError as error:
            raise PartialCreate(group, inputs, [str(error)]) from error
        return group, {}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The group, with its rules in the shape in which the program has them."""
        group = answer["GroupId"]
        rules = {
            direction: _shaped(answer.get(listed, ()), known.get(direction) or [], group)
            for direction, (listed, *_) in _DIRECTIONS.items()
        }
        return {
            "name": answer["GroupName"],
            "description": answer["Description"],
            "vpcId": answer.get("VpcId"),
            "ownerId": answer["OwnerId"],
            "arn": self.client.arn("ec2", f"security-group/{group}", known["region"]),
            **rules,
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Revoke the rules that left, authorize those that came."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        for direction in changed & set(_DIRECTIONS):
            old, new = old_outputs.get(direction) or [], inputs.get(direction) or []
            self._change_rules(resource_id, inputs["region"], direction, old, new)
        self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the group."""
        self.call("deleting", self.deletes, outputs, absent=self.gone, GroupId=resource_id)

    def _change_rules(
        self, group: str, region: str, direction: str, old: list[dict[str, Any]], new: list[dict[str, Any]]
    ) -> None:
        _, authorize, revoke = _DIRECTIONS[direction]
        before, after = _sources(old, group), _sources(new, group)
        for operation, sources in ((revoke, before - after), (authorize, after - before)):
            if sources:
                parameters = {"GroupId": group, "IpPermissions": [_permission(*each) for each in sources]}
                gone = ("InvalidPermission.NotFound",)
                self.call("updating", operation, {"region": region}, absent=gone, **parameters)


def _sources(rules: Iterable[Mapping[str, Any]], group: str) -> set[tuple[Any, ...]]:
    """Each source of each rule: protocol, ports, description, kind of source, source."""
    sources = set()
    for rule in rules:
        ports = (None, None) if rule["protocol"] == "-1" else (rule["fromPort"], rule["toPort"])
        own = [("securityGroups", group)] if rule.get("self") else []
        given = [(kind, source) for kind in _SOURCES for source in rule.get(kind) or ()]
        for kind, source in given + own:
            sources.add((rule["protocol"], *ports, rule.get("description") or "", kind, source))
    return sources


def _permission(
    protocol: str, first: int | None, last: int | None, description: str, kind: str, source: str
) -> dict[str, Any]:
    listed, named = _SOURCES[kind]
    ports = {} if first is None else {"FromPort": first, "ToPort": last}
    described = {"Description": description} if description else {}
    return {"IpProtocol": protocol, **ports, listed: [{named: source, **described}]}


def _shaped(
    permissions: Iterable[Mapping[str, Any]], known: list[dict[str, Any]], group: str
) -> list[dict[str, Any]]:
    """The remote rules: those that the program has as it has them, each source of the others as a rule of its own."""
    remote = {
        (
            permission["IpProtocol"],
            permission.get("FromPort") if permission["IpProtocol"] != "-1" else None,
            permission.get("ToPort") if permission["IpProtocol"] != "-1" else None,
            source.get("Description") or "",
            kind,
            source[named],
        )
        for permission in permissions
        for kind, (listed, named) in _SOURCES.items()
        for source in permission.get(listed, ())
    }
    shaped = []
    for rule in known:
        if _sources([rule], group) <= remote:
            shaped.append(rule)
    extra = remote - _sources(shaped, group)
    for protocol, first, last, description, kind, source in sorted(extra, key=str):
        rule = {"protocol": protocol, "fromPort": first or 0, "toPort": last or 0, "self": False}
        if source == group:
            rule["self"] = True
        else:
            rule[kind] = [source]
        shaped.append({**rule, **({"description": description} if description else {})})
    return shaped
