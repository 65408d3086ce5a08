"""No value of a preview can be more than text in the comment."""

import contextlib
import html
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.comment import comment, marker
from review.markdown import block, code, plain, visible
from review.reader import InvalidPreview, read
from review.scrubber import Scrubber, is_secret_name

pytestmark = pytest.mark.unit

CAPTURES = Path(__file__).parent / "previews"
MOST = 65_536
TEXT = st.text(max_size=80) | st.sampled_from(
    [
        "@everyone", "a | b", "line\nline", "`tick`", "<script>alert(1)</script>", "--> <b>", "![x](https://x)",
        "](x)",
        "\u202egnp.exe", "https://example.com", "#1", "&#64;all", "```\n# heading", "\\|",
        "\x00\x1b[31m", "</code>@all",
    ]
)  # fmt: skip


@given(TEXT)
def test_a_value_is_one_inert_word_that_reads_as_it_is(value):
    written = code(value)
    if not value:
        return
    inner = re.fullmatch(r"<code>(.*)</code>", written)[1]
    without_entities = re.sub(r"&#\d+;", "", inner)
    assert all(character.isalnum() or character == " " for character in without_entities)
    assert html.unescape(inner) == visible(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", r"a\u{a}b"),
        ("\u202etxt", r"\u{202e}txt"),
        ("\x1b[31m", r"\u{1b}[31m"),
        ("Zoë 日本", "Zoë 日本"),
    ],
)
def test_what_would_not_be_seen_is_in_escapes(value, shown):
    assert visible(value) == shown


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_nothing_in_a_block_ends_it(lines):
    written = block(lines)
    fence = written[0]
    assert set(fence) == {"`"}
    assert written[-1] == fence
    assert len(written) == len(lines) + 2
    assert not any(line.lstrip().startswith(fence) for line in written[1:-1])


@given(TEXT)
def test_the_marker_is_one_comment_whatever_the_stack_is_called(stack):
    written = marker(stack)
    assert written.startswith("<!-- ")
    assert written.endswith(" -->")
    assert "--" not in written[4:-3]
    assert "\n" not in written
    assert ">" not in written[:-1]


def test_two_stacks_have_two_markers():
    assert len({marker(stack) for stack in ("a/b", "a/c", "a-b", "a--b", "a b", "a%20b")}) == 6


def digest(value):
    """A preview with a value in every place that a comment shows."""
    place = "urn:pulumi:dev::project::"
    steps = [
        {
            "op": "replace",
            "urn": f"{place}docker:index/container:Container::{value}",
            "detailedDiff": {"envs[0]": {"kind": "update"}},
            "oldState": {"custom": True, "inputs": {"envs": ["RELAY_HOST=old"], "waitTimeout": 1}},
            "newState": {
                "custom": True,
                "inputs": {
                    "envs": [
                        f"RELAY_HOST={value}",
                        f"OPENSMTPD_ALLOWED_NETWORKS={value}",
                        f"OPENSMTPD_ALLOWED_SENDER_DOMAINS={value}",
                        f"OPENSMTPD_REDIRECT_RECIPIENTS={value}",
                    ],
                    "ports": [{"ip": value}],
                },
            },
        },
        {
            "op": "delete",
            "urn": f"{place}aws:sesv2/emailIdentity:EmailIdentity::{value}",
            "oldState": {"custom": True, "protect": True, "inputs": {"emailIdentity": value}},
        },
        {
            "op": "create",
            "urn": f"{place}{'evil:index:' + re.sub('[:$]', '', value)}::{value}",
            "newState": {"custom": True, "inputs": {}},
        },
    ]
    return {
        "steps": steps,
        "diagnostics": [],
        "changeSummary": {"replace": 1, "delete": 1, "create": 1},
    }


@settings(deadline=None)
@given(TEXT)
def test_no_value_adds_a_line_a_tag_or_a_mention(value):
    harmless = comment(read(json.dumps(digest("harmless"))))
    written = comment(read(json.dumps(digest(value))))
    outside = re.sub(r"<code>[^<>]*</code>", "", written)
    outside = outside.removeprefix("<!-- mail-relay preview of project/dev -->")
    assert "<" not in outside
    assert "@" not in outside
    assert "http" not in outside
    tables = [line for line in written.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {7}
    headings = [line for line in written.splitlines() if line.startswith("#")]
    known = [line for line in harmless.splitlines() if line.startswith("#")]
    assert [heading for heading in headings if heading not in known] == []


@pytest.mark.parametrize(
    ("number", "length"), [(1, 10), (1, 3000), (90, 400), (200, 30), (400, 250), (400, 3000)]
)
def test_a_long_comment_is_cut_and_says_so(number, length):
    steps = [
        {
            "op": "delete",
            "urn": f"urn:pulumi:dev::p::docker:index/volume:Volume::{index}{'ü' * length}",
            "oldState": {"custom": True},
        }
        for index in range(number)
    ]
    document = {"steps": steps, "diagnostics": [], "changeSummary": {"delete": number}}
    written = comment(read(json.dumps(document)))
    assert len(written.encode()) < MOST
    risks = len(re.findall(r"^\d+\. \*\*", written, re.MULTILINE))
    cut = re.search(r"\*\*(\d+) more lines? of this part did not fit", written)
    assert risks + int(cut[1] if cut else 0) == number
    assert "#### Changes" in written


def test_a_long_error_leaves_the_comment_whole():
    errors = [{"severity": "error", "message": f"error {index} " + "x" * 9_000} for index in range(50)]
    written = comment(read(json.dumps({"diagnostics": errors})))
    assert len(written) < MOST
    assert written.count("```") == 2
    assert "did not fit" in written


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["x", "", "[secret]", "*", "0.0.0.0/0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "spec", "containers", "policy", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(tree, path=()):
    """Every place in a document."""
    yield path
    for key, value in (
        tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    ):
        yield from places(value, (*path, key))


def replaced(tree, path, value):
    """The same document with another value at one place."""
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = replaced(tree[path[0]], path[1:], value)
    return copy


REAL = [json.loads(line) for line in (CAPTURES / "key-rotated.jsonl").read_text().splitlines()]
MADE = digest("value")


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_whatever_stands_anywhere_there_is_a_comment_or_an_error_of_ours(data):
    whole = data.draw(st.sampled_from([MADE, REAL]))
    path = data.draw(st.sampled_from(PLACES[id(whole)]))
    changed = replaced(whole, path, data.draw(JSON))
    text = "\n".join(map(json.dumps, changed)) if isinstance(changed, list) else json.dumps(changed)
    with contextlib.suppress(InvalidPreview):
        comment(read(text))


PLACES = {id(whole): list(places(whole)) for whole in (MADE, REAL)}


@pytest.mark.parametrize(
    "name",
    ["RELAY_PASSWORD", "password", "secretAccessKey", "OPENSMTPD_DKIM_KEY", "apiKey", "SENDGRID_API_KEY", "token",
     "GITHUB_TOKEN", "OPENSMTPD_SUBMISSION_LOGINS", "domainSigningPrivateKey", "db_passwd", "KEY"],
)  # fmt: skip
def test_names_of_secrets_are_known(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["tokens", "RELAY_PASSWORD_FILE", "kmsKeyId", "secretName", "secretKeyRef", "nextSigningKeyLength", "name",
     "skipCredentialsValidation", "RELAY_HOST", "policyName"],
)  # fmt: skip
def test_what_is_about_a_secret_is_none(name):
    assert not is_secret_name(name)


# Long enough, and of no letters that words of the tree below have.
SECRET = st.text("QXZ0789+/=@|`<&", min_size=6, max_size=44)


@given(SECRET)
def test_a_value_with_a_secret_name_is_hidden_everywhere(secret):
    tree = {
        "envs": [f"RELAY_PASSWORD={secret}", f"1: {secret}!"],
        "env": [{"name": "SMTP_PASSWORD", "value": secret}],
        "manifest": {"kind": "Secret", "data": {"1": secret}},
        "2": {"apiKey": {"3": secret}},
        "4": f"5 {secret} 6",
        "marked": {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            "plaintext": secret,
        },
    }
    hidden = Scrubber(tree).value(tree)
    assert hidden == {
        "envs": ["RELAY_PASSWORD=[secret]", "1: [secret]!"],
        "env": [{"name": "SMTP_PASSWORD", "value": "[secret]"}],
        "manifest": {"kind": "Secret", "data": "[secret]"},
        "2": {"apiKey": "[secret]"},
        "4": "5 [secret] 6",
        "marked": "[secret]",
    }


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE and cut off", "MIIE"),
        ("smtp://user:S3cret@mail.example.com", "S3cret"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalr"),
        ("BAabcdefghijklmnopqrstuvwxyzABCDEFGH01234567", "BAabc"),
        ("SG.abcdefghijklmnopqrst.uvwxyzabcdefghijklmn", "uvwxyz"),
        ("$6$saltsalt$abcdefghijklmnop", "saltsalt"),
        ("password=S3cret!", "S3cret"),
        ("password: S3cret!", "S3cret"),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz", "abcdef"),
    ],
)
def test_text_with_the_form_of_a_secret_is_hidden(text, hidden):
    document = {"diagnostics": [{"severity": "error", "message": f"failed with {text} there"}]}
    written = comment(read(json.dumps(document)))
    assert "[secret]" in written
    assert hidden not in written


def test_a_message_id_or_an_urn_is_not_taken_for_a_secret():
    message = "urn:pulumi:dev::mail-relay::aws:sesv2/emailIdentity:EmailIdentity::relay-ses already exists"
    written = comment(read(json.dumps({"diagnostics": [{"severity": "error", "message": message}]})))
    assert message in written


def test_words_stay_in_a_line():
    assert plain("two\nlines") == "<code>two lines</code>"
