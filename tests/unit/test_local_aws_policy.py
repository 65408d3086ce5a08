"""IAM's decision in the local AWS."""

import pytest

from local.aws.policy import UnsupportedCondition, allows, allows_principal, user_may

pytestmark = pytest.mark.unit

_ACTION = "ses:SendRawEmail"
_IDENTITY = "arn:aws:ses:eu-west-1:123456789012:identity/example.com"
_CONTEXT = {"ses:fromaddress": ["app@example.com"], "ses:recipients": ["a@x.example", "b@y.example"]}


def policy(effect="Allow", **elements):
    return {"Statement": {"Effect": effect, "Action": _ACTION, "Resource": _IDENTITY, **elements}}


def decide(*policies, context=_CONTEXT):
    return allows(policies, _ACTION, _IDENTITY, context)


def test_nothing_is_allowed_without_a_policy():
    assert not decide()


def test_a_matching_statement_allows():
    assert decide(policy())


def test_a_deny_wins_over_any_allow():
    assert not decide(policy("Deny"), policy(), policy())


def test_a_deny_of_something_else_does_not_matter():
    assert decide(policy(), policy("Deny", Action="ses:DeleteIdentity"))


@pytest.mark.parametrize(
    "action", ["ses:*", "*", "ses:SendRaw?mail", "SES:sendrawemail", ["iam:Get*", "ses:Send*"]]
)
def test_actions_have_wildcards_and_no_case(action):
    assert decide(policy(Action=action))


@pytest.mark.parametrize(
    "action", ["ses:SendEmail", "ses:SendRawEmai", "ses:sendRawEmail.", "ses:SendRaw[E]mail"]
)
def test_other_actions_do_not_match(action):
    assert not decide(policy(Action=action))


@pytest.mark.parametrize(
    "resource", ["*", "arn:aws:ses:*:123456789012:identity/*", [_IDENTITY, "arn:aws:s3:::x"]]
)
def test_resources_have_wildcards(resource):
    assert decide(policy(Resource=resource))


@pytest.mark.parametrize(
    "resource", [_IDENTITY.upper(), f"{_IDENTITY}.au", "arn:aws:ses:eu-west-1::identity/example.com"]
)
def test_other_resources_do_not_match(resource):
    assert not decide(policy(Resource=resource))


def test_not_action_and_not_resource_select_the_rest():
    assert not decide({"Statement": [{"Effect": "Allow", "NotAction": "ses:Send*", "Resource": "*"}]})
    assert decide({"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"}]})


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"ses:FromAddress": ["other@example.com", "app@example.com"]}},
        {"StringLike": {"ses:FromAddress": "*@example.com"}},
        {"StringNotLike": {"ses:FromAddress": "*@example.org"}},
        {"StringEqualsIgnoreCase": {"SES:fromaddress": "APP@example.com"}},
        {"ForAllValues:StringLike": {"ses:Recipients": ["*@x.example", "*@y.example"]}},
        {"ForAnyValue:StringLike": {"ses:Recipients": "*@y.example"}},
        {"ForAllValues:StringLike": {"aws:SourceVpce": "vpce-1"}},
        {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"Null": {"aws:SourceVpce": "true", "ses:FromAddress": "false"}},
    ],
)
def test_a_condition_that_holds_lets_the_statement_apply(condition):
    assert decide(policy(Condition=condition))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"ses:FromAddress": "App@example.com"}},
        {"StringEquals": {"ses:FromAddress": "*@example.com"}},
        {"StringNotEquals": {"ses:FromAddress": "app@example.com"}},
        {"ForAllValues:StringLike": {"ses:Recipients": "*@x.example"}},
        {"ForAnyValue:StringLike": {"ses:Recipients": "*@z.example"}},
        {"ForAnyValue:StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"StringNotLike": {"ses:Recipients": "*@y.example"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
        {"Null": {"ses:FromAddress": "true"}},
        {"StringLike": {"ses:FromAddress": "*@example.com"}, "StringEquals": {"aws:SourceVpce": "vpce-1"}},
    ],
)
def test_a_condition_that_fails_keeps_the_statement_out(condition):
    assert not decide(policy(Condition=condition))


def test_conditions_on_the_address_and_on_booleans_are_decided():
    context = {"aws:sourceip": ["192.0.2.7"], "aws:securetransport": ["true"]}
    condition = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "Bool": {"aws:SecureTransport": True}}
    assert decide(policy(Condition=condition), context=context)
    assert not decide(
        policy(), policy("Deny", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), context=context
    )


def test_an_unknown_operator_is_an_error_and_not_a_guess():
    with pytest.raises(UnsupportedCondition, match="'DateLessThan'"):
        decide(policy(Condition={"DateLessThan": {"ses:FromAddress": "2030-01-01"}}))


_USER = "arn:aws:iam::123456789012:user/web"


def may(own=(), boundary=None, of_resource=()):
    return user_may(_USER, own, boundary, of_resource, _ACTION, _IDENTITY, _CONTEXT)


def about(principal, effect="Allow"):
    return [policy(effect, Principal=principal)]


def test_a_boundary_allows_nothing_by_itself_and_limits_what_the_user_s_policies_allow():
    assert not may(boundary=policy())
    assert may([policy()], policy(Action="ses:*"))
    assert not may([policy()], policy(Action="s3:*"))
    assert not may([policy()], {})


def test_a_policy_of_the_resource_allows_by_name_whatever_the_boundary_says():
    assert may(of_resource=about({"AWS": _USER}), boundary={})
    assert not may(of_resource=about({"AWS": f"{_USER}2"}))
    assert not may([policy()], of_resource=about({"AWS": _USER}, "Deny"))


@pytest.mark.parametrize("account", ["123456789012", "arn:aws:iam::123456789012:root"])
def test_the_account_as_principal_denies_its_users_and_leaves_an_allow_to_their_own_policies(account):
    assert not may(of_resource=about({"AWS": account}))
    assert not may([policy()], of_resource=about({"AWS": account}, "Deny"))


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"Service": ["sns.amazonaws.com", "ses.amazonaws.com"]}, True),
        ({"Service": "sns.amazonaws.com"}, False),
        ({"AWS": "ses.amazonaws.com"}, False),
    ],
)
def test_a_service_is_let_in_by_its_name(principal, allowed):
    service = ("Service", "ses.amazonaws.com")
    assert allows_principal(about(principal), service, _ACTION, _IDENTITY, _CONTEXT) == allowed
