"""A certificate and a key that do not belong together are found before OpenSMTPD starts with them."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from components.image.relay.invalid_setting import InvalidSetting
from components.image.relay.key_pair import check_key_pair
from tests.unit.certificates import BROKEN_RSA_KEY, CERTIFICATE

pytestmark = pytest.mark.unit


def key_pair() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return certificate.public_bytes(Encoding.PEM).decode(), text


def test_a_certificate_with_its_key_is_accepted():
    certificate, key = key_pair()
    check_key_pair(certificate + CERTIFICATE, key)


def test_a_certificate_with_the_key_of_another_is_refused():
    _, key = key_pair()
    with pytest.raises(InvalidSetting) as raised:
        check_key_pair(CERTIFICATE, key)
    assert raised.value.field == "submission_key"
    assert raised.value.problem == "is not the key of submission_certificate"


def test_a_key_that_only_looks_like_one_is_refused():
    certificate, _ = key_pair()
    with pytest.raises(InvalidSetting, match="is refused by OpenSSL") as raised:
        check_key_pair(certificate, BROKEN_RSA_KEY)
    assert "PRIVATE" not in str(raised.value)
