"""Amazon SES, region by region: where SMTP is spoken, where DKIM keys live, and where bounces return to.

Endpoints: https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_smtp_endpoints
DKIM zones: https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains
MAIL FROM servers: https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_feedback_endpoints
VPC endpoints: https://docs.aws.amazon.com/ses/latest/dg/send-email-set-up-vpc-endpoints.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NotRequired, TypedDict

from .arguments import InvalidArgument, check_keys

# Regions whose Easy DKIM keys live in a zone of the region's own.
_REGIONAL_DKIM_ZONE = frozenset(
    {
        "af-south-1",
        "ap-northeast-3",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-5",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "il-central-1",
        "me-central-1",
        "us-gov-east-1",
    }
)
_GLOBAL_DKIM_ZONE = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "me-south-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)
# Only those that were seen in use; another one can be named as `fips_smtp_host`.
_FIPS = frozenset({"us-east-1", "us-east-2", "us-west-2", "us-gov-west-1"})
_DNS_SUFFIX = "amazonaws.com"


@dataclass(frozen=True)
class SesRegion:
    """What SES publishes about one region."""

    smtp_host: str
    """Where SMTP clients log in: STARTTLS on 587, 2587 and 25 (which EC2 slows down), implicit TLS on 465 and 2465.

    https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html
    """
    fips_smtp_host: str
    """The same with FIPS 140-3 cryptography; empty where none is known."""
    endpoint_service: str
    """The service that a VPC endpoint for `smtp_host` leads to."""
    dkim_zone: str
    """The zone that the three Easy DKIM CNAMEs point into."""
    mail_from_mx: str
    """The server that a MAIL FROM domain's MX names: bounces return there."""
    partition: str
    """What stands behind `arn:`."""
    dns_suffix: str
    """What the names of the partition's API endpoints end in."""


class SesRegionData(TypedDict):
    """What this version does not know about a region, or knows wrongly. AWS lists it at the addresses above."""

    smtp_host: NotRequired[str]
    """The SMTP endpoint, as in `email-smtp.eu-west-1.amazonaws.com`."""
    fips_smtp_host: NotRequired[str]
    """The FIPS endpoint. Defaults to none."""
    endpoint_service: NotRequired[str]
    """The service of a VPC endpoint. Defaults to `com.amazonaws.<region>.email-smtp`, after `dns_suffix`."""
    dkim_zone: NotRequired[str]
    """The zone of Easy DKIM's CNAMEs, as in `dkim.amazonses.com`."""
    mail_from_mx: NotRequired[str]
    """The server in a MAIL FROM domain's MX, as in `feedback-smtp.eu-west-1.amazonses.com`."""
    partition: NotRequired[str]
    """Defaults to `aws`."""
    dns_suffix: NotRequired[str]
    """Defaults to `amazonaws.com`."""


def ses_region(name: str, data: Mapping[str, Any] | None = None) -> SesRegion:
    """Return what is known about a region, with `data` (SesRegionData) on top.

    Raises InvalidArgument for a region that is unknown, as a guessed DKIM zone never verifies: it needs `data` with
    `smtp_host`, `dkim_zone` and `mail_from_mx`.
    """
    data = data or {}
    check_keys("SES region_data", data, SesRegionData)
    if name in _REGIONAL_DKIM_ZONE | _GLOBAL_DKIM_ZONE:
        return replace(_published(name), **data)
    missing = [key for key in ("smtp_host", "dkim_zone", "mail_from_mx") if key not in data]
    if missing:
        known = ", ".join(sorted(_REGIONAL_DKIM_ZONE | _GLOBAL_DKIM_ZONE))
        raise InvalidArgument(
            "SES",
            "region",
            f"{name!r} is not a region with a known SES endpoint; use one of {known}; "
            f"or give region_data with {', '.join(missing)}",
        )
    suffix = data.get("dns_suffix", _DNS_SUFFIX)
    defaults = {"fips_smtp_host": "", "partition": "aws", "endpoint_service": _endpoint_service(name, suffix)}
    return SesRegion(**{**defaults, "dns_suffix": suffix, **data})


def _published(name: str) -> SesRegion:
    return SesRegion(
        smtp_host=f"email-smtp.{name}.amazonaws.com",
        fips_smtp_host=f"email-smtp-fips.{name}.amazonaws.com" if name in _FIPS else "",
        endpoint_service=_endpoint_service(name, _DNS_SUFFIX),
        dkim_zone=f"dkim.{name}.amazonses.com" if name in _REGIONAL_DKIM_ZONE else "dkim.amazonses.com",
        mail_from_mx=f"feedback-smtp.{name}.amazonses.com",
        partition="aws-us-gov" if name.startswith("us-gov-") else "aws",
        dns_suffix=_DNS_SUFFIX,
    )


def _endpoint_service(name: str, dns_suffix: str) -> str:
    return f"{'.'.join(reversed(dns_suffix.split('.')))}.{name}.email-smtp"
