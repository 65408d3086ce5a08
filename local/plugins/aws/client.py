"""The AWS account that the provider's settings name, called through boto3."""

import functools
import re
import threading
from collections.abc import Collection, Mapping
from typing import Any

from local.plugins.errors import OperationError
from local.plugins.values import UNKNOWN, contains_unknown


class AwsError(OperationError):
    """AWS refused a call. `code` is its error code, `reason` its message."""

    def __init__(self, text: str, code: str, reason: str) -> None:
        super().__init__(text)
        self.code = code
        self.reason = reason


class AwsClient:
    """Makes calls with the provider's credentials, region and endpoints.

    Nothing is called, and boto3 is not imported, before something needs it: a preview without an account works,
    where the real provider wants credentials at once.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._lock = threading.Lock()  # boto3 sessions are not safe for threads; its clients are
        self._services: dict[tuple[str, str], Any] = {}

    @functools.cached_property
    def region(self) -> str:
        """The provider's region: from its settings, the environment or the profile."""
        region = self._config.get("region") or self._session.region_name
        if not region:
            raise OperationError("no AWS region: set it with `pulumi config set aws:region <region>`")
        return region

    @functools.cached_property
    def account_id(self) -> str:
        """The account; empty with `skipRequestingAccountId`."""
        if self._config.get("skipRequestingAccountId"):
            return ""
        return self.call("retrieving AWS account details", "sts", "get_caller_identity")["Account"]

    def arn(self, service: str, resource: str, region: str) -> str:
        """The name of a resource of this account. `region` is empty for a global service."""
        account = "" if service == "route53" else self.account_id
        return f"arn:{self.partition(region or self.region)['partition']}:{service}:{region}:{account}:{resource}"

    def partition(self, region: str) -> dict[str, Any]:
        """What botocore knows of the partition of a region: `partition`, `dnsSuffix`, `regions`."""
        for partition in _partitions():
            if region in partition["regions"] or re.match(partition["regionRegex"], region):
                return partition
        raise OperationError(f"invalid AWS Region: {region}")

    def all_tags(self, tags: Any) -> Any:
        """The tags of a resource together with the provider's default ones."""
        defaults = (self._config.get("defaultTags") or {}).get("tags") or {}
        if tags is UNKNOWN or contains_unknown(defaults) or contains_unknown(tags):
            return UNKNOWN
        return {**defaults, **(tags or {})}

    def own_tags(self, remote: Mapping[str, str], known: Mapping[str, str] | None) -> dict[str, str]:
        """The remote tags without those that come from the provider's defaults and those of AWS itself."""
        defaults = self.all_tags({})
        return {
            key: value
            for key, value in remote.items()
            if not key.startswith("aws:") and (defaults.get(key) != value or key in (known or {}))
        }

    def call(
        self,
        doing: str,
        service: str,
        operation: str,
        region: str | None = None,
        absent: Collection[str] = (),
        **parameters: Any,
    ) -> dict[str, Any] | None:
        """Call `operation` (boto3's name) of a service; returns None on an error code in `absent`.

        Parameters that are None are left out. Raises AwsError in the real provider's words, which begin with
        `doing`, for example `creating IAM User (x)`.
        """
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            client = self._service(service, region or self.region)
            given = {name: value for name, value in parameters.items() if value is not None}
            return getattr(client, operation)(**given)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code in absent:
                return None
            raise _aws_error(doing, client.meta.service_model.service_id, error, code) from error
        except NoCredentialsError as error:
            fix = "run `aws configure`, or set AWS_PROFILE or `aws:profile`"
            raise OperationError(f"{doing}: no AWS credentials: {fix}") from error
        except BotoCoreError as error:
            raise AwsError(f"{doing}: {error}", type(error).__name__, str(error)) from error

    @functools.cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.Session(
            aws_access_key_id=self._config.get("accessKey"),
            aws_secret_access_key=self._config.get("secretKey"),
            aws_session_token=self._config.get("token"),
            profile_name=self._config.get("profile"),
        )

    def _service(self, service: str, region: str) -> Any:
        from botocore.config import Config

        with self._lock:
            if (service, region) not in self._services:
                endpoints = {k: v for e in self._config.get("endpoints") or () for k, v in e.items() if v}
                self._services[service, region] = self._session.client(
                    service,
                    region_name=region,
                    endpoint_url=endpoints.get(service),
                    config=Config(
                        retries={"mode": "standard"},
                        use_fips_endpoint=self._config.get("useFipsEndpoint"),
                    ),
                )
            return self._services[service, region]


@functools.cache
def _partitions() -> list[dict[str, Any]]:
    from botocore.loaders import Loader

    partitions = Loader().load_data("partitions")["partitions"]
    return [
        {
            "partition": partition["id"],
            "dnsSuffix": partition["outputs"]["dnsSuffix"],
            "regions": partition["regions"],
            "regionRegex": partition["regionRegex"],
        }
        for partition in partitions
    ]


def _aws_error(doing: str, service_id: str, error: Any, code: str) -> AwsError:
    metadata = error.response.get("ResponseMetadata", {})
    reason = error.response["Error"].get("Message", "")
    text = (
        f"{doing}: operation error {service_id}: {error.operation_name}, "
        f"https response error StatusCode: {metadata.get('HTTPStatusCode', 0)}, "
        f"RequestID: {metadata.get('RequestId', '')}, {code}: {reason}"
    )
    return AwsError(text, code, reason)
