"""What is no preview, or not all of one, makes no comment."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from review.reader import InvalidPreview, read

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
CAPTURES = Path(__file__).parent / "previews"
EVENTS = (CAPTURES / "key-rotated.jsonl").read_text()
DIGEST = (CAPTURES / "key-rotated.json").read_text()
# As a later version may call what it prints.
RENAMED = re.sub(r'"(resourcePreEvent|resOutputsEvent)"', r'"\1V2"', EVENTS)
# With nothing but the standard library to import.
RUN = "import runpy, sys; sys.path.insert(0, '.'); runpy.run_module('review', run_name='__main__')"
URN = "urn:pulumi:dev::project::docker:index/volume:Volume::queue"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("error: no stack selected", "is no JSON, or only the beginning of it"),
        (DIGEST[: len(DIGEST) // 2], "is no JSON, or only the beginning of it"),
        (EVENTS[: len(EVENTS) // 2], "is cut off in line"),
        ("\n".join(EVENTS.splitlines()[:20]), "ends before the summary of changes"),
        ("[]", "is JSON, but of no preview"),
        ("{}", "is JSON, but of no preview"),
        ("null", "is JSON, but of no preview"),
        ('"text"', "is JSON, but of no preview"),
        ('{"version": 3, "deployment": {"resources": []}}', "is JSON, but of no preview"),
        ('{"steps": {}}', "is JSON, but of no preview"),
        ('{"steps": [1], "changeSummary": {}}', "is JSON, but of no preview"),
        ('{"sequence": 1, "resourcePreEvent": 1}', "is JSON, but of no preview"),
        ('{"sequence": 1, "summaryEvent": 1}', "is JSON, but of no preview"),
        ('{"steps": [], "diagnostics": []}', "has no summary of changes"),
        ('{"steps": [{"op": "create"}], "changeSummary": {"create": 1}}', "without the URN"),
        (json.dumps({"steps": [{"op": "melt", "urn": URN}]}), "the operation 'melt'"),
        (json.dumps({"steps": [{"op": ["create"], "urn": URN}]}), "the operation"),
        (
            json.dumps({"steps": [{"op": "create", "urn": URN}], "changeSummary": {"create": 2}}),
            "has 1 of 2 resources to create",
        ),
        (
            json.dumps(
                {"steps": [{"op": "create", "urn": URN, "newState": []}], "changeSummary": {"create": "x"}}
            ),
            "is JSON, but of no preview",
        ),
        ("[" * 100_000, "is no JSON, or only the beginning of it"),
        (RENAMED, "has 0 of 1 resources to create"),
        (
            EVENTS.replace('Changes": {"create": 1', 'Changes": {"create": 2'),
            "has 1 of 2 resources to create",
        ),
    ],
)
def test_what_is_no_whole_preview_is_refused_with_its_problem(text, problem):
    with pytest.raises(InvalidPreview, match=r"^standard input ") as refused:
        read(text)
    assert problem in str(refused.value)


@pytest.mark.parametrize("size", range(0, len(EVENTS), 4999))
def test_no_beginning_of_a_preview_passes_for_the_whole(size):
    with pytest.raises(InvalidPreview):
        read(EVENTS[:size])


def test_both_forms_have_the_same_changes():
    def changed(text):
        return {(change.operation, change.urn) for change in read(text).changes if change.operation != "same"}

    assert changed(EVENTS) == changed(DIGEST)
    assert len(changed(EVENTS)) == 3


def test_the_digest_of_an_older_version_which_has_no_detailed_diff_says_what_changes_too():
    digest = json.loads(DIGEST)
    for step in digest["steps"]:
        step.pop("detailedDiff", None)
    older = read(json.dumps(digest)).changes
    assert [(one.operation, one.urn) for one in older] == [
        (one.operation, one.urn) for one in read(DIGEST).changes
    ]
    assert all(one.changed for one in older if one.operation == "replace")


def run(text, *arguments):
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN,
         *arguments],
        input=text, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip


def test_without_a_preview_there_is_an_error_and_no_comment():
    finished = run(EVENTS[:1000])
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith("error: standard input ")
    assert "Traceback" not in finished.stderr


def test_make_ends_with_that_error_too_and_prints_nothing_else():
    finished = subprocess.run(
        ["make", "-s", "preview-comment", "ARGS="], input=RENAMED, capture_output=True, text=True, cwd=ROOT
    )
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "error: standard input has 0 of 1 resources" in finished.stderr


def test_a_comment_needs_only_the_standard_library():
    finished = run(EVENTS)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("<!-- mail-relay preview of mail-relay/local -->\n")


def test_a_preview_that_failed_at_once_is_told_its_stack():
    failed = json.dumps({"diagnostics": [{"severity": "error", "message": "error: no credentials"}]})
    finished = run(failed, "--stack", "mail-relay/prod")
    assert finished.stdout.startswith("<!-- mail-relay preview of mail-relay/prod -->\n")
    assert "The preview failed" in finished.stdout
    assert "no credentials" in finished.stdout


def test_without_any_preview_the_comment_can_be_replaced_by_one_that_says_so():
    finished = run("", "--stack", "mail-relay/prod", "--none")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("<!-- mail-relay preview of mail-relay/prod -->\n")
    assert "The preview failed" in finished.stdout
    assert "There is no preview" in finished.stdout
