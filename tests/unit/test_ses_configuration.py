"""The name of a configuration set: one for each identity, and one that SES takes."""

import re

import pytest

from components.ses_configuration import default_set_name

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("example.com", "example-com"),
        ("a-b.example.com", "a--b-example-com"),
        ("app@example.com", "app_at_example-com"),
    ],
)
def test_a_name_is_read_as_the_identity(identity, name):
    assert default_set_name(identity) == name


def test_no_two_identities_have_the_same_and_ses_takes_every_one():
    identities = [
        "a.b.example.com",
        "a-b.example.com",
        "a--b.example.com",
        "app.at.example.com",
        "app-at.example.com",
        "app@example.com",
        "app_at_x@example.com",
        "app+x@example.com",
        "app_x@example.com",
        "a-.b@example.com",
        "a.-b@example.com",
        f"{'a' * 60}.example.com",
        f"{'a' * 60}.example.org",
    ]
    names = [default_set_name(identity) for identity in identities]
    assert len(set(names)) == len(names)
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", name) for name in names)
