"""A certificate and a key that do not belong together are found before OpenSMTPD starts with them."""

import pytest

from components.image.relay.invalid_setting import InvalidSetting
from components.image.relay.key_pair import check_key_pair
from tests.unit.certificates import BROKEN_RSA_KEY, CERTIFICATE, key_pair

pytestmark = pytest.mark.unit


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
