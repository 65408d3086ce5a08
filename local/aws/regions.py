"""What SES names differently from region to region."""

# Regions whose Easy DKIM keys live in a zone of their own; the others share dkim.amazonses.com.
# https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains
_WITH_A_DKIM_ZONE = frozenset(
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


def dkim_zone(region: str) -> str:
    """Return the zone that the Easy DKIM CNAMEs of `region` point into."""
    return f"dkim.{region}.amazonses.com" if region in _WITH_A_DKIM_ZONE else "dkim.amazonses.com"


def feedback_host(region: str) -> str:
    """Return the host that the MX record of a custom MAIL FROM domain names."""
    return f"feedback-smtp.{region}.amazonses.com"
