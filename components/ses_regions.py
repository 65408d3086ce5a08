"""Amazon SES, region by region: where SMTP is spoken and where DKIM keys live.

Endpoints: https://docs.aws.amazon.com/general/latest/gr/ses.html
DKIM zones: https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains
"""

from dataclasses import dataclass

from .arguments import InvalidArgument

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


@dataclass(frozen=True)
class SesRegion:
    """What SES publishes about one region."""

    smtp_host: str
    """Where SMTP clients log in: STARTTLS on 25, 587 and 2587, implicit TLS on 465 and 2465."""
    dkim_zone: str
    """The zone that the three Easy DKIM CNAMEs point into."""


def ses_region(name: str) -> SesRegion:
    """Return the data of a region; an unknown one raises InvalidArgument, as a guessed DKIM zone never verifies."""
    if name in _REGIONAL_DKIM_ZONE:
        dkim_zone = f"dkim.{name}.amazonses.com"
    elif name in _GLOBAL_DKIM_ZONE:
        dkim_zone = "dkim.amazonses.com"
    else:
        known = ", ".join(sorted(_REGIONAL_DKIM_ZONE | _GLOBAL_DKIM_ZONE))
        raise InvalidArgument(
            "SES", "region", f"{name!r} is not a region with a known SES endpoint; use one of {known}"
        )
    return SesRegion(smtp_host=f"email-smtp.{name}.amazonaws.com", dkim_zone=dkim_zone)
