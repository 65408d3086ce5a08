"""Amazon SES, region by region: where SMTP is spoken, where DKIM keys live, and where bounces return to.

The partition is not here: every ARN comes from AWS, with its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NotRequired, TypedDict

import pulumi

from .arguments import InvalidArgument, check_keys

STARTTLS_PORTS = (587, 2587, 25)
"""Those on which TLS comes later: https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html"""
TLS_PORTS = (465, 2465)
"""Those on which TLS comes first: https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html"""

# Where SES speaks SMTP: in fewer regions than it sends from through its API.
# https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_smtp_endpoints, as nodemailer's list has taken it over:
# https://github.com/nodemailer/nodemailer/blob/01ae76f2cfe991c0c3fe80170f236da60531496b/lib/well-known/services.json
# AWS names Cape Town, Milan and Bahrain as regions without:
# https://github.com/awsdocs/amazon-ses-developer-guide/blob/810b62062585a70a7b1dcc34cedf1f5ffa2842c7/doc-source/smtp-credentials.md
# Milan is in a later script of AWS's, but not in the list, and so not here:
# https://docs.aws.amazon.com/ses/latest/dg/ses_example_ses_Scenario_GenerateSmtpCredentials_section.html
_SMTP = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)
# Those of the list above, and us-east-2, which was seen in use; another one can be named as `fips_smtp_host`.
_FIPS = frozenset({"us-east-1", "us-east-2", "us-west-2", "us-gov-west-1"})
# Regions whose Easy DKIM keys live in a zone of the region's own, and those whose keys live in the common one.
# https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains
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
# Of all regions above, those of GovCloud too; China and the European Sovereign Cloud have others.
# https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
_DNS_SUFFIX = "amazonaws.com"


@dataclass(frozen=True)
class SesRegion:
    """What SES publishes about one region."""

    name: str
    """What AWS calls it."""
    smtp_host: str
    """Where SMTP clients log in; empty where none is known."""
    fips_smtp_host: str
    """The same with FIPS 140-3 cryptography; empty where none is known."""
    endpoint_service: str
    """The service that a VPC endpoint for `smtp_host` leads to.

    https://docs.aws.amazon.com/ses/latest/dg/send-email-set-up-vpc-endpoints.html
    """
    dkim_zone: str
    """The zone that the three Easy DKIM CNAMEs point into."""
    mail_from_mx: str
    """The server that a MAIL FROM domain's MX names: bounces return there.

    https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_feedback_endpoints
    """

    def relay_host(self, fips: bool = False) -> str:
        """The endpoint that a relay connects to. Raises InvalidArgument where none is known."""
        if fips and not self.fips_smtp_host:
            raise InvalidArgument(
                "SES",
                "fips",
                f"no FIPS endpoint is known in {self.name!r}: leave it out, or give region_data with fips_smtp_host",
            )
        if not (fips or self.smtp_host):
            raise InvalidArgument(
                "SES",
                "region",
                f"no SMTP endpoint is known in {self.name!r}, as SES has none in some regions; use one of "
                f"{', '.join(sorted(_SMTP))}; or give region_data with smtp_host",
            )
        return self.fips_smtp_host if fips else self.smtp_host


class SesRegionData(TypedDict):
    """What this version does not know about a region, or knows wrongly. AWS lists it at
    https://docs.aws.amazon.com/general/latest/gr/ses.html."""

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
    dns_suffix: NotRequired[str]
    """What the names of the partition's endpoints end in. Defaults to `amazonaws.com`."""


def ses_region(name: str, data: Mapping[str, Any] | None = None) -> SesRegion:
    """Return what is known about a region, with `data` (SesRegionData) on top.

    Raises InvalidArgument for a region that is unknown, as a guessed DKIM zone never verifies: it needs `data` with
    `smtp_host`, `dkim_zone` and `mail_from_mx`.
    """
    given = dict(data or {})
    check_keys("SES region_data", given, SesRegionData)
    suffix = given.pop("dns_suffix", _DNS_SUFFIX)
    if name in _REGIONAL_DKIM_ZONE | _GLOBAL_DKIM_ZONE:
        return replace(_published(name, suffix), **given)
    missing = [key for key in ("smtp_host", "dkim_zone", "mail_from_mx") if key not in given]
    if missing:
        known = ", ".join(sorted(_REGIONAL_DKIM_ZONE | _GLOBAL_DKIM_ZONE))
        raise InvalidArgument(
            "SES",
            "region",
            f"{name!r} is not a region with a known SES endpoint; use one of {known}; "
            f"or give region_data with {', '.join(missing)}",
        )
    defaults = {"fips_smtp_host": "", "endpoint_service": _endpoint_service(name, suffix)}
    return SesRegion(name, **{**defaults, **given})


def check_port(port: int) -> int:
    """Return a port that SES listens on; raise InvalidArgument for any other."""
    if port not in STARTTLS_PORTS + TLS_PORTS:
        raise InvalidArgument(
            "SES",
            "port",
            f"SES does not listen on {port}: use {' or '.join(map(str, STARTTLS_PORTS))} (STARTTLS), or "
            f"{' or '.join(map(str, TLS_PORTS))} (TLS from the first byte)",
        )
    if port == 25:
        pulumi.log.warn(
            "SES: port: 25 is slow or closed in EC2 and most clouds, but to a VPC endpoint: use 587"
        )
    return port


def _published(name: str, suffix: str) -> SesRegion:
    return SesRegion(
        name,
        smtp_host=f"email-smtp.{name}.{suffix}" if name in _SMTP else "",
        fips_smtp_host=f"email-smtp-fips.{name}.{suffix}" if name in _FIPS else "",
        endpoint_service=_endpoint_service(name, suffix),
        dkim_zone=f"dkim.{name}.amazonses.com" if name in _REGIONAL_DKIM_ZONE else "dkim.amazonses.com",
        mail_from_mx=f"feedback-smtp.{name}.amazonses.com",
    )


def _endpoint_service(name: str, suffix: str) -> str:
    return f"{'.'.join(reversed(suffix.split('.')))}.{name}.email-smtp"
