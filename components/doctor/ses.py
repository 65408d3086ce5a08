"""What Amazon SES and IAM say of the identities that a stack sends from.

With the credentials of the environment, as the AWS CLI takes them; AWS_ENDPOINT_URL leads to another account's servers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..upstream import SesSender
from . import ses_judgement as judge
from .finding import UNKNOWN, Finding

_NOT_FOUND = ("NotFoundException", "NoSuchEntity")
_SECONDS = 10

# What a policy for the doctor allows.
_ACTIONS = {
    "get_email_identity": "ses:GetEmailIdentity",
    "get_account": "ses:GetAccount",
    "get_configuration_set": "ses:GetConfigurationSet",
    "list_access_keys": "iam:ListAccessKeys",
    "get_caller_identity": "sts:GetCallerIdentity",
}


class _Arn(NamedTuple):
    """arn:PARTITION:ses:REGION:ACCOUNT:identity/NAME"""

    region: str
    account: str
    identity: str


def look(senders: Iterable[SesSender]) -> list[Finding]:
    """Findings about each identity, its key, and the account in each region."""
    senders = list(senders)
    if not senders:
        return []
    try:
        import boto3
    except ImportError:
        return [
            Finding(
                "SES",
                UNKNOWN,
                "boto3 is not installed, and AWS cannot be asked without it",
                "pip install boto3",
            )
        ]
    try:
        session = boto3.Session()
    except Exception as error:  # what is wrong in a profile has many types
        return [Finding("SES", UNKNOWN, str(error), "correct AWS_PROFILE")]
    if problem := _wrong_credentials(session, _parsed(senders[0]["arn"])):
        return [problem]
    findings: list[Finding] = []
    seen_regions: set[str] = set()
    seen_keys: set[str] = set()
    for sender in senders:
        arn = _parsed(sender["arn"])
        findings += _of_identity(session, arn)
        if arn.region not in seen_regions:
            seen_regions.add(arn.region)
            findings += _of_account(session, arn.region)
        if sender["key"] not in seen_keys:
            seen_keys.add(sender["key"])
            findings += _of_key(session, arn.region, sender)
    return findings


def _wrong_credentials(session: Any, arn: _Arn) -> Finding | None:
    """The one finding that there is without credentials, or with those of another account."""
    try:
        asked = session.get_credentials() and _ask(session, "sts", arn.region, "get_caller_identity")
    except _CannotAsk as error:
        return Finding("SES", UNKNOWN, str(error), error.advice)
    if not asked:
        return Finding(
            "SES",
            UNKNOWN,
            "no AWS credentials",
            f"set AWS_PROFILE to one of account {arn.account}, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if asked["Account"] != arn.account:
        return Finding(
            "SES",
            UNKNOWN,
            f"the credentials are of account {asked['Account']}, and the stack's is {arn.account}",
            f"set AWS_PROFILE to one of account {arn.account}",
        )
    return None


def _of_identity(session: Any, arn: _Arn) -> Iterator[Finding]:
    def findings() -> Iterator[Finding]:
        answer = _ask(session, "sesv2", arn.region, "get_email_identity", EmailIdentity=arn.identity)
        yield from judge.identity(arn.identity, arn.region, answer)
        if name := (answer or {}).get("ConfigurationSetName"):
            answer = _ask(session, "sesv2", arn.region, "get_configuration_set", ConfigurationSetName=name)
            yield judge.configuration_set(name, arn.region, answer)

    return _asking(judge.identity_check(arn.identity, arn.region), findings)


def _of_account(session: Any, region: str) -> Iterator[Finding]:
    return _asking(
        judge.account_check(region),
        lambda: judge.account(region, _ask(session, "sesv2", region, "get_account")),
    )


def _of_key(session: Any, region: str, sender: SesSender) -> Iterator[Finding]:
    def findings() -> Iterator[Finding]:
        answer = _ask(session, "iam", region, "list_access_keys", UserName=sender["user"])
        keys = answer and answer["AccessKeyMetadata"]
        yield judge.access_key(sender["user"], sender["key"], keys, datetime.now(UTC))

    return _asking(judge.key_check(sender["key"]), findings)


class _CannotAsk(Exception):
    """AWS did not answer the question; the text says why."""

    def __init__(self, reason: str, advice: str):
        super().__init__(reason)
        self.advice = advice


def _asking(check: str, findings: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings, up to the first question that is not answered."""
    try:
        yield from findings()
    except _CannotAsk as error:
        yield Finding(check, UNKNOWN, str(error), error.advice)


def _ask(
    session: Any, service: str, region: str, operation: str, **parameters: str
) -> Mapping[str, Any] | None:
    """The answer, or None when there is no such thing. Raises _CannotAsk."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 2})
    try:
        client = session.client(service, region_name=region, config=config)
        return getattr(client, operation)(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NOT_FOUND:
            return None
        advice = f"allow {_ACTIONS[operation]}" if "AccessDenied" in code else "correct the AWS credentials"
        raise _CannotAsk(str(error), advice) from None
    except BotoCoreError as error:
        raise _CannotAsk(f"AWS does not answer: {error}", "run this where AWS is reached") from None


def _parsed(arn: str) -> _Arn:
    _, _, _, region, account, resource = arn.split(":", 5)
    return _Arn(region, account, resource.partition("/")[2])
