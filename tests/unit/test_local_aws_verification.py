"""What verifies an identity in the local AWS."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local.aws.identity import Identity, canonical_identity
from local.aws.verification import Verification
from local.aws.zones import RecordSet, Zone, quoted

pytestmark = pytest.mark.unit


def identity(name="example.com", dkim=None):
    return Identity(name, None, dkim, None)


def verification(*record_sets, zone="example.com", region="eu-west-1"):
    return Verification(region, lambda: [Zone(zone, record_sets)])


def dkim_records(of, zone="dkim.amazonses.com", dot=""):
    return [
        RecordSet(f"{token}._domainkey.{of.domain}", "CNAME", 300, (f"{token}.{zone}{dot}",))
        for token in of.tokens
    ]


def private_key(key):
    private = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(private).decode()


def rsa_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@pytest.fixture(scope="module")
def key():
    return rsa_key()


@pytest.fixture
def brought(key):
    return identity(dkim={"DomainSigningSelector": "own", "DomainSigningPrivateKey": private_key(key)})


@pytest.mark.parametrize("dot", ["", "."])
def test_three_cnames_verify_a_domain(dot):
    example = identity()
    assert verification(*dkim_records(example, dot=dot)).verified(example)


def test_two_cnames_do_not():
    example = identity()
    assert not verification(*dkim_records(example)[:2]).verified(example)


def test_the_cnames_of_another_region_do_not():
    example = identity()
    assert not verification(*dkim_records(example), region="eu-south-1").verified(example)
    assert verification(
        *dkim_records(example, "dkim.eu-south-1.amazonses.com"), region="eu-south-1"
    ).verified(example)


def test_a_subdomain_is_verified_in_its_parents_zone():
    mail = identity("mail.example.com")
    assert verification(*dkim_records(mail)).verified(mail)


def test_records_that_no_zone_of_the_domain_holds_do_not_count():
    example = identity()
    assert not verification(*dkim_records(example), zone="example.org").verified(example)


def test_a_key_that_the_user_brought_verifies_by_its_txt_record(brought, key):
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    value = quoted(f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")
    record = RecordSet("own._domainkey.example.com", "TXT", 300, (value,))
    assert brought.tokens == ["own"]
    assert verification(record).verified(brought)
    assert not verification(RecordSet(record.name, "TXT", 300, ('"v=DKIM1; p=MII"',))).verified(brought)


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"DomainSigningSelector": "own"}, "must be given together"),
        (
            {"DomainSigningSelector": "own", "DomainSigningPrivateKey": "bm8ga2V5"},
            "not a base64-encoded private key",
        ),
    ],
)
def test_a_key_that_cannot_sign_is_an_error(attributes, problem):
    with pytest.raises(ValueError, match=problem):
        identity(dkim=attributes)


def test_a_selector_with_a_dot_is_an_error(key):
    with pytest.raises(ValueError, match=r"selector a\.b is not a DNS label"):
        identity(dkim={"DomainSigningSelector": "a.b", "DomainSigningPrivateKey": private_key(key)})


def test_a_key_of_a_length_that_ses_does_not_take_is_an_error():
    with pytest.raises(ValueError, match="1024 to 2048 bits"):
        identity(dkim={"DomainSigningSelector": "own", "DomainSigningPrivateKey": private_key(rsa_key(3072))})


def test_an_address_is_verified_by_its_owner_and_not_by_dns():
    owner = identity("owner@example.com")
    assert not verification(*dkim_records(owner)).verified(owner)
    owner.confirmed = True
    assert verification().verified(owner)


def test_a_mail_from_domain_needs_its_one_mx_and_its_spf():
    example = identity()
    example.mail_from_domain = "bounce.example.com"
    mx = RecordSet("bounce.example.com", "MX", 300, ("10 feedback-smtp.eu-west-1.amazonses.com",))
    two = RecordSet("bounce.example.com", "MX", 300, (*mx.values, "20 mail.example.com"))
    spf = RecordSet("bounce.example.com", "TXT", 300, ('"v=spf1 include:amazonses.com ~all"',))
    assert verification(mx, spf).mail_from_status(example) == "SUCCESS"
    assert verification(spf).mail_from_status(example) == "PENDING"
    assert verification(mx).mail_from_status(example) == "FAILED"
    assert verification(two, spf).mail_from_status(example) == "FAILED"


def test_every_identity_has_its_own_tokens():
    assert len({*identity().tokens, *identity().tokens}) == 6


def test_domains_have_no_case_and_local_parts_have():
    assert canonical_identity("Some.One@Example.COM") == "Some.One@example.com"
