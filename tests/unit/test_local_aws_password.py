"""The SMTP password as the local AWS expects it: derived on its own, so that it can contradict the components."""

import pytest

from components.smtp_credentials import derive_smtp_password
from local.aws.password import smtp_password

pytestmark = pytest.mark.unit

_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("region", "password"),
    [
        ("us-east-1", "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
        ("eu-west-1", "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"),
    ],
)
def test_the_password_is_the_published_one(region, password):
    assert smtp_password(_SECRET, region) == password


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-2", "us-gov-west-1"])
def test_the_components_derive_the_same_password(region):
    assert derive_smtp_password(_SECRET, region) == smtp_password(_SECRET, region)
