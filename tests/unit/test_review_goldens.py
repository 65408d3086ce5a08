"""Comments on previews that the real engine has made: `tests/integration/preview_captures.py` makes them anew.

The goldens are to be read: each is what a reviewer would see. UPDATE_GOLDENS=1 writes them.
"""

import os
from pathlib import Path

import pytest

from review.comment import comment
from review.reader import read

pytestmark = pytest.mark.unit

CAPTURES = Path(__file__).parent / "previews"
# What the stack of the captures must not show: the plain-text password of a container, and what marks a secret.
SECRETS = ("correct-horse", "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270")


def captures():
    return sorted(path for path in CAPTURES.iterdir() if path.suffix in (".json", ".jsonl"))


@pytest.mark.parametrize("capture", captures(), ids=lambda path: path.name)
def test_the_comment_on_a_real_preview_is_its_golden(capture):
    golden = capture.with_name(f"{capture.name}.md")
    written = comment(read(capture.read_text()))
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(written)
    assert written == golden.read_text()


@pytest.mark.parametrize("capture", captures(), ids=lambda path: path.name)
def test_no_secret_of_a_preview_is_in_its_comment(capture):
    written = comment(read(capture.read_text()))
    assert [secret for secret in SECRETS if secret in written] == []


def test_a_capture_has_a_secret_in_plain_text():
    assert "correct-horse-battery" in (CAPTURES / "unmarked-secret.jsonl").read_text()


@pytest.mark.parametrize(
    ("capture", "said"),
    [
        ("unchanged.jsonl", "**Nothing changes: mail flows as before.**"),
        ("created.jsonl", "**A new stack: nothing that sends mail now is touched.**"),
        ("failed.jsonl", "**The preview failed: what this change does to mail is not known.**"),
        ("domain-renamed.jsonl", "The SES identity <code>example&#46;com</code> is replaced."),
        ("key-rotated.jsonl", "The SMTP key (generation 1) is replaced."),
        (
            "dmarc-tightened.jsonl",
            "DMARC is tightened: <code>p&#61;none</code> becomes <code>p&#61;reject</code>.",
        ),
        ("clients-widened.jsonl", "More clients may send: <code>10&#46;0&#46;0&#46;0&#47;8</code>."),
        ("clients-widened.jsonl", "More senders are allowed: <code>&#42;</code>."),
        ("clients-widened.jsonl", "The relay listens on <code>0&#46;0&#46;0&#46;0</code>."),
        ("relay-renamed.jsonl", "The mail queue <code>relay&#45;queue</code> is deleted."),
        ("unmarked-secret.jsonl", "The upstream's certificate is not checked any more."),
        ("unmarked-secret.jsonl", "is never encrypted."),
        ("more-than-sending.jsonl", "allows more than sending: <code>ses&#58;&#42;</code>"),
        ("mail-from-changed.jsonl", "The MAIL FROM domain changes"),
        ("tls-optional.jsonl", "SES may deliver in plain text."),
        ("tls-optional.jsonl", "Sending is switched off."),
        ("protected-deleted.jsonl", "cannot be deleted"),
        ("unprotected.jsonl", "No longer protected: "),
        ("upstream-plain.jsonl", "The upstream changes from"),
        ("unverified.jsonl", "Mail does not reach all its recipients any more"),
        ("memory-lowered.jsonl", "The relay gets <code>32 MiB</code> of memory."),
        ("manual-dmarc.jsonl", '_dmarc.example.com. 1800 IN TXT "v=DMARC1; p=quarantine"'),
        ("manual-dns.jsonl", ".dkim.amazonses.com."),
        ("key-rotated.jsonl", "Nobody takes mail from its end (up to 30 s"),
        ("kubernetes-left.jsonl", "The namespace <code>relay</code> is deleted, and all that is in it."),
        ("kubernetes-scaled-down.jsonl", "The relay shrinks from <code>2</code> to <code>1</code> pods."),
        ("kubernetes-load-balancer.jsonl", "becomes a <code>LoadBalancer</code>."),
        ("kubernetes-key-rotated.jsonl", "The other 1 take mail meanwhile."),
        ("kubernetes-created.jsonl", "The domain's records are not known before the update"),
        ("policy-violations.jsonl", "**Forbidden** by <code>relay&#45;not&#45;open</code>"),
    ],
)
def test_each_change_is_said_in_words(capture, said):
    assert said in comment(read((CAPTURES / capture).read_text()))
