"""What the types of SES v2 have in common."""

from local.plugins.aws.tagging import Tagging

TAGGING = Tagging("ResourceArn")


def noun(name: str) -> str:
    """A type as the real provider names it in its errors."""
    return f"SESv2 (Simple Email V2) {name}"
