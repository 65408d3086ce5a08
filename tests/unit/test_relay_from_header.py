"""The From header's value, rewritten."""

from email.headerregistry import Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.image.relay.from_header import can_be_answered, rewritten

pytestmark = pytest.mark.unit

ADDRESS = b"app@example.com"
DOMAIN = b"@example.com"


@pytest.mark.parametrize(
    ("value", "with_address", "with_domain"),
    [
        (b" joe@x.com", b" app@example.com", b" joe@example.com"),
        (b"joe@x.com", b"app@example.com", b"joe@example.com"),
        (b' "Joe, J. (me)" <joe@x.com>', b' "Joe, J. (me)" <app@example.com>', None),
        (b" joe@x.com (Joe (\\) <j@y>))", b" app@example.com (Joe (\\) <j@y>))", None),
        (b" (Joe) joe@x.com", b" (Joe) app@example.com", None),
        (
            b" =?utf-8?q?J=C3=B6?=\n\t<joe@x.com>\n ",
            b" =?utf-8?q?J=C3=B6?=\n\t<app@example.com>\n ",
            b" =?utf-8?q?J=C3=B6?=\n\t<joe@example.com>\n ",
        ),
        (b" J\xf6 <j\xf6@x.com>", b" J\xf6 <app@example.com>", b" J\xf6 <j\xf6@example.com>"),
        (b" A <a@x>, B <b@y>", b" A <app@example.com>", b" A <a@example.com>, B <b@example.com>"),
        (b" Team: A <a@x>, b@y;", b" A <app@example.com>", b" Team: A <a@example.com>, b@example.com;"),
        (b" Nobody:;", b" app@example.com", b" Nobody:;"),
        (b' "a@b, c"@x.com', b" app@example.com", b' "a@b, c"@example.com'),
        (b" joe@[IPv6:2001:db8::1]", b" app@example.com", b" joe@example.com"),
        (b" <@relay.x,@y:joe@x.com>", b" <@relay.x,@y:app@example.com>", b" <@relay.x,@y:joe@example.com>"),
        (b" root", b" app@example.com", b" root@example.com"),
        (b" Cron <root>", b" Cron <app@example.com>", b" Cron <root@example.com>"),
        (b" joe@", b" app@example.com", b" joe@example.com"),
        (b" Joe <>", b" Joe <app@example.com>", b" Joe <>"),
        (b"", b" app@example.com", b""),
        (b" ", b" app@example.com", b" "),
        (b" , joe@x.com,", b" app@example.com", b" , joe@example.com,"),
        (b' "Joe <joe@x.com>', b" app@example.com", None),
        (b" Joe <joe@x.com", b" Joe <app@example.com", b" Joe <joe@example.com"),
    ],
)
def test_only_the_address_is_replaced(value: bytes, with_address: bytes, with_domain: bytes | None):
    assert rewritten(value, ADDRESS) == with_address
    if with_domain:
        assert rewritten(value, DOMAIN) == with_domain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" Joe <joe@x.com>", True),
        (b" a@x.com, b@y.com", True),
        (b" a@x.com, root", False),
        (b" root@localhost", False),
        (b" first.last@localhost", False),
        (b" root", False),
        (b"", False),
    ],
)
def test_only_an_author_with_an_internet_address_can_be_answered(value: bytes, expected: bool):
    assert can_be_answered(value) is expected


local_parts = st.text("abcxyz019.+_ @,:;<>()é", min_size=1, max_size=12).map(
    lambda text: text.strip(" .").replace("..", ".") or "a"
)
mailboxes = st.builds(
    Address,
    display_name=st.text("Jö \"\\,;:@<>()[].'", max_size=10).map(str.strip),
    username=local_parts,
    domain=st.sampled_from(["x.com", "web-1", "a.b.example.org"]),
)


@given(st.lists(mailboxes, min_size=1, max_size=4), st.sampled_from([", ", ",\n ", " (and) ,"]))
def test_a_domain_changes_and_all_else_that_a_parser_sees_stays(authors: list[Address], separator: str):
    value = separator.join(map(str, authors))
    new = rewritten(value.encode(), DOMAIN).decode()
    expected = [str(Address(author.display_name, author.username, "example.com")) for author in authors]
    assert new == separator.join(expected)


@given(st.lists(mailboxes, min_size=1, max_size=3))
def test_the_first_authors_display_name_survives_another_address(authors: list[Address]):
    new = rewritten(", ".join(map(str, authors)).encode(), ADDRESS).decode()
    assert new == str(Address(authors[0].display_name, "app", "example.com"))


@given(st.binary(max_size=60))
def test_any_octets_give_one_value_with_the_address_in_it(value: bytes):
    assert rewritten(value, ADDRESS).count(ADDRESS) >= 1
    rewritten(value, DOMAIN)
    can_be_answered(value)
