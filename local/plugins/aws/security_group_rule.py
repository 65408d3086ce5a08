"""The types of single rules of a security group."""

from collections.abc import Iterator
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import between
from local.plugins.aws.ec2_resource_type import Ec2ResourceType
from local.plugins.property import Change, Failure, Property

# By property: where a permission has the source, and under which name.
_SOURCES = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}
_PORT = Property(int, validate=between(-1, 65535))


class SecurityGroupRule(Ec2ResourceType):
    """One rule with one source or target."""

    kind = "security-group-rule"
    id_parameter = "SecurityGroupRuleIds"
    listed = "SecurityGroupRules"
    reads = "describe_security_group_rules"
    updates = "modify_security_group_rules"
    gone = ("InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound")
    properties: ClassVar = {
        "ipProtocol": Property(str, required=True),
        "securityGroupId": Property(str, required=True, replaces=True),
        "cidrIpv4": Property(str),
        "cidrIpv6": Property(str),
        "description": Property(str),
        "fromPort": _PORT,
        "prefixListId": Property(str),
        "referencedSecurityGroupId": Property(str),
        "toPort": _PORT,
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "securityGroupRuleId": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """A rule has exactly one source or target."""
        if sum(inputs.get(name) is not None for name in _SOURCES) != 1:
            names = ",".join(_SOURCES)
            yield Failure("cidrIpv4", f"Invalid combination of arguments. Exactly one of `{names}` is needed")

    def replaces_now(self, change: Change, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> bool:
        """Another kind of source makes another rule."""
        return change.path in _SOURCES and change.kind != "update"

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Authorize the rule; tags go in a call of their own."""
        answer = self.call(
            "creating",
            self.creates,
            inputs,
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
        )
        rule = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        self._write_tags(rule, {"region": inputs["region"]}, inputs)
        return rule, {}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The rule as EC2 describes it; ports of all protocols are -1 there and absent here."""
        rule = answer["SecurityGroupRuleId"]
        group = answer.get("ReferencedGroupInfo", {}).get("GroupId")
        ports = {
            name: None if answer.get(api) == -1 and known.get(name) is None else answer.get(api)
            for name, api in (("fromPort", "FromPort"), ("toPort", "ToPort"))
        }
        return {
            "securityGroupId": answer["GroupId"],
            "ipProtocol": answer["IpProtocol"],
            "cidrIpv4": answer.get("CidrIpv4"),
            "cidrIpv6": answer.get("CidrIpv6"),
            "prefixListId": answer.get("PrefixListId"),
            "referencedSecurityGroupId": group,
            "description": answer.get("Description"),
            "arn": self.client.arn("ec2", f"security-group-rule/{rule}", known["region"]),
            "securityGroupRuleId": rule,
            **ports,
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Modify the rule in place."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        if changed - {"tags", "tagsAll"}:
            rule = {
                "IpProtocol": inputs["ipProtocol"],
                "FromPort": inputs.get("fromPort", -1),
                "ToPort": inputs.get("toPort", -1),
                "Description": inputs.get("description"),
                "CidrIpv4": inputs.get("cidrIpv4"),
                "CidrIpv6": inputs.get("cidrIpv6"),
                "PrefixListId": inputs.get("prefixListId"),
                "ReferencedGroupId": inputs.get("referencedSecurityGroupId"),
            }
            given = {name: value for name, value in rule.items() if value is not None}
            rules = [{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": given}]
            group = inputs["securityGroupId"]
            self.call("updating", self.updates, inputs, GroupId=group, SecurityGroupRules=rules)
        self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Revoke the rule."""
        self.call(
            "deleting",
            self.deletes,
            outputs,
            absent=(*self.gone, "InvalidPermission.NotFound"),
            GroupId=outputs["securityGroupId"],
            SecurityGroupRuleIds=[resource_id],
        )


class SecurityGroupIngressRule(SecurityGroupRule):
    """Who may come in."""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"  # noqa: S105
    noun = "VPC Security Group Ingress Rule"
    creates = "authorize_security_group_ingress"
    deletes = "revoke_security_group_ingress"


class SecurityGroupEgressRule(SecurityGroupRule):
    """Where one may go."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"  # noqa: S105
    noun = "VPC Security Group Egress Rule"
    creates = "authorize_security_group_egress"
    deletes = "revoke_security_group_egress"


def _permission(inputs: dict[str, Any]) -> dict[str, Any]:
    name = next(name for name in _SOURCES if inputs.get(name) is not None)
    listed, named = _SOURCES[name]
    source = {named: inputs[name]}
    if inputs.get("description"):
        source["Description"] = inputs["description"]
    ports = {"FromPort": inputs.get("fromPort", -1), "ToPort": inputs.get("toPort", -1)}
    return {"IpProtocol": inputs["ipProtocol"], **ports, listed: [source]}
