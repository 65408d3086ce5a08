"""The mail in which the local SES asks the owner of an address, and its link."""

import re

import pytest

from local.aws import confirmations
from local.aws.confirmations import Confirmations
from local.aws.identity import Identity
from local.aws.mailbox import Mailbox

pytestmark = pytest.mark.unit

ADDRESS = "owner@example.com"


@pytest.fixture
def mailbox(tmp_path):
    return Mailbox(tmp_path / "mailbox")


@pytest.fixture
def asking(mailbox):
    return Confirmations(mailbox, lambda: "http://127.0.0.1:1")


@pytest.fixture
def identity():
    return Identity(ADDRESS, None, None, None)


def token(mailbox):
    (mail,) = mailbox.deliveries()
    assert mail.recipients == (ADDRESS,)
    return re.search(rb"http://127\.0\.0\.1:1/ses/confirm\?token=(\S+)", mail.content)[1].decode()


def test_an_address_is_confirmed_by_its_own_link_only(asking, mailbox, identity):
    asking.ask(identity, "eu-west-1")
    assert not asking.follow("guessed")
    assert not identity.confirmed
    assert asking.follow(token(mailbox))
    assert identity.confirmed


def test_a_link_is_good_for_a_day(asking, mailbox, identity, monkeypatch):
    asking.ask(identity, "eu-west-1")
    later = confirmations.time.monotonic() + 24 * 60 * 60 + 1
    monkeypatch.setattr(confirmations.time, "monotonic", lambda: later)
    assert not asking.follow(token(mailbox))
    assert not identity.confirmed


def test_the_mail_says_for_which_region_it_is(asking, mailbox, identity):
    asking.ask(identity, "us-east-1")
    (mail,) = mailbox.deliveries()
    assert b"in region us-east-1" in mail.content
