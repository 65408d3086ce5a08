"""What is known of each kind of region, and what is refused instead of guessed."""

import pytest

from components.arguments import InvalidArgument
from components.ses_regions import SesRegion, check_port, ses_region

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "eu-west-1",
            {
                "smtp_host": "email-smtp.eu-west-1.amazonaws.com",
                "fips_smtp_host": "",
                "endpoint_service": "com.amazonaws.eu-west-1.email-smtp",
                "dkim_zone": "dkim.amazonses.com",
                "mail_from_mx": "feedback-smtp.eu-west-1.amazonses.com",
            },
            id="keys in the common zone, no FIPS",
        ),
        pytest.param(
            "us-east-1",
            {
                "smtp_host": "email-smtp.us-east-1.amazonaws.com",
                "fips_smtp_host": "email-smtp-fips.us-east-1.amazonaws.com",
                "endpoint_service": "com.amazonaws.us-east-1.email-smtp",
                "dkim_zone": "dkim.amazonses.com",
                "mail_from_mx": "feedback-smtp.us-east-1.amazonses.com",
            },
            id="FIPS",
        ),
        pytest.param(
            "us-gov-east-1",
            {
                "smtp_host": "email-smtp.us-gov-east-1.amazonaws.com",
                "fips_smtp_host": "",
                "endpoint_service": "com.amazonaws.us-gov-east-1.email-smtp",
                "dkim_zone": "dkim.us-gov-east-1.amazonses.com",
                "mail_from_mx": "feedback-smtp.us-gov-east-1.amazonses.com",
            },
            id="GovCloud, keys in a zone of its own",
        ),
        pytest.param(
            "eu-central-2",
            {
                "smtp_host": "",
                "fips_smtp_host": "",
                "endpoint_service": "com.amazonaws.eu-central-2.email-smtp",
                "dkim_zone": "dkim.eu-central-2.amazonses.com",
                "mail_from_mx": "feedback-smtp.eu-central-2.amazonses.com",
            },
            id="no SMTP",
        ),
    ],
)
def test_each_kind_of_region_has_its_data(name, expected):
    assert ses_region(name) == SesRegion(name=name, **expected)


# https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_smtp_endpoints has none of them.
@pytest.mark.parametrize("name", ["af-south-1", "ap-southeast-3", "eu-central-2", "eu-south-1", "me-south-1"])
def test_a_region_without_smtp_verifies_domains_but_is_no_relays(name):
    region = ses_region(name)
    assert region.dkim_zone
    assert region.mail_from_mx
    with pytest.raises(
        InvalidArgument,
        match=f"^SES: region: no SMTP endpoint is known in '{name}', .*; or give region_data with smtp_host$",
    ):
        region.relay_host()
    assert ses_region(name, {"smtp_host": "smtp.example.com"}).relay_host() == "smtp.example.com"


def test_a_fips_endpoint_is_refused_where_none_is_known_and_can_be_given():
    with pytest.raises(InvalidArgument, match=r"^SES: fips: no FIPS endpoint is known in 'eu-west-1'"):
        ses_region("eu-west-1").relay_host(fips=True)
    given = ses_region("eu-west-1", {"fips_smtp_host": "fips.example.com"})
    assert given.relay_host(fips=True) == "fips.example.com"


def test_an_unknown_region_is_refused_until_all_that_it_needs_is_given():
    with pytest.raises(
        InvalidArgument,
        match=r"^SES: region: 'eusc-de-east-1' is not a region with a known SES endpoint; .*; "
        r"or give region_data with smtp_host, mail_from_mx$",
    ):
        ses_region("eusc-de-east-1", {"dkim_zone": "dkim.example"})
    data = {"smtp_host": "smtp.example", "dkim_zone": "dkim.example", "mail_from_mx": "mx.example"}
    assert ses_region("eusc-de-east-1", {**data, "dns_suffix": "amazonaws.eu"}) == SesRegion(
        name="eusc-de-east-1",
        fips_smtp_host="",
        endpoint_service="eu.amazonaws.eusc-de-east-1.email-smtp",
        **data,
    )


def test_what_is_known_wrongly_can_be_corrected():
    assert ses_region("eu-west-1", {"dkim_zone": "dkim.example"}).dkim_zone == "dkim.example"
    with pytest.raises(InvalidArgument, match="dkimzone: no such argument; did you mean 'dkim_zone'"):
        ses_region("eu-west-1", {"dkimzone": "dkim.example"})


@pytest.mark.parametrize("port", [25, 465, 587, 2465, 2587])
def test_every_port_of_ses_is_taken(port):
    assert check_port(port) == port


def test_another_port_is_refused_with_those_that_there_are():
    with pytest.raises(
        InvalidArgument,
        match=r"^SES: port: SES does not listen on 2525: use 587 or 2587 or 25 \(STARTTLS\), or 465 or 2465 \(TLS",
    ):
        check_port(2525)
