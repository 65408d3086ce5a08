"""Comments and issues are changed in place, by an API that answers in pages as GitHub's does."""

import http.server
import json
import re
import sys
import threading
from urllib.parse import parse_qs, urlparse

import pytest

from review import publish

pytestmark = pytest.mark.unit

MARKER = "<!-- mail-relay preview of mail-relay/dev -->"
OWN = {"login": "github-actions[bot]"}


class FakeGitHub(http.server.ThreadingHTTPServer):
    """Keeps the comments of pull request 7, and issues."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments, self.issues, self.asked = [], [], []

    def add(self, things, body, user=OWN, **more):
        number = len(things) + 1
        things.append({"id": number, "number": number, "body": body, "user": user, "state": "open", **more})


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlparse(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        things = self.server.comments if url.path.endswith("/issues/7/comments") else self.server.issues
        things = [thing for thing in things if thing["state"] == query.get("state", thing["state"])]
        size, page = int(query["per_page"]), int(query["page"])
        self.answer(things[size * (page - 1) : size * page])

    def do_POST(self):
        things = self.server.comments if self.path.endswith("/comments") else self.server.issues
        self.server.add(things, **self.body())
        self.answer(things[-1])

    def do_PATCH(self):
        things = self.server.comments if "/comments/" in self.path else self.server.issues
        thing = things[int(re.search(r"\d+$", self.path)[0]) - 1]
        thing.update(self.body())
        self.answer(thing)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, content):
        self.server.asked.append((self.command, self.headers["Authorization"]))
        content = (
            content if isinstance(content, list) else {**content, "html_url": f"https://x/{content['id']}"}
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def github(monkeypatch):
    with FakeGitHub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("GITHUB_REPOSITORY", "example/mail")
        monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def run(tmp_path, monkeypatch):
    def run(body, *arguments):
        file = tmp_path / "comment.md"
        file.write_text(body)
        monkeypatch.setattr(sys, "argv", ["publish", str(file), *arguments])
        return publish.main()

    return run


def bodies(things):
    return [thing["body"] for thing in things]


def test_the_first_push_adds_a_comment_and_the_next_changes_it(github, run, capsys):
    github.add(github.comments, "Looks good", {"login": "someone"})
    assert run(f"{MARKER}\nfirst", "--pull-request", "7") == 0
    assert run(f"{MARKER}\nsecond", "--pull-request", "7") == 0
    assert bodies(github.comments) == ["Looks good", f"{MARKER}\nsecond"]
    assert capsys.readouterr().out.split() == ["https://x/2", "https://x/2"]
    assert {authorization for _, authorization in github.asked} == {"Bearer t0ken"}


def test_each_stack_has_a_comment_of_its_own(github, run):
    other = MARKER.replace("dev", "prod")
    for body in (f"{MARKER}\na", f"{other}\nb", f"{MARKER}\nc"):
        run(body, "--pull-request", "7")
    assert bodies(github.comments) == [f"{MARKER}\nc", f"{other}\nb"]


def test_the_comment_is_found_behind_hundreds_of_others(github, run):
    for number in range(250):
        github.add(github.comments, f"comment {number}", {"login": "someone"})
    github.add(github.comments, f"{MARKER}\nold")
    run(f"{MARKER}\nnew", "--pull-request", "7")
    assert len(github.comments) == 251
    assert github.comments[-1]["body"] == f"{MARKER}\nnew"


def test_nobody_elses_comment_is_changed_whatever_is_in_it(github, run):
    github.add(github.comments, f"{MARKER}\nmine", {"login": "someone"})
    run(f"{MARKER}\nours", "--pull-request", "7")
    assert bodies(github.comments) == [f"{MARKER}\nmine", f"{MARKER}\nours"]


def test_an_issue_is_opened_once_changed_and_closed(github, run):
    github.add(github.issues, f"{MARKER}\na pull request", pull_request={})
    for body, *resolved in ((f"{MARKER}\na",), (f"{MARKER}\nb",), (f"{MARKER}\nc", "--resolved")):
        assert run(body, "--issue", "Drift", *resolved) == 0
    assert bodies(github.issues) == [f"{MARKER}\na pull request", f"{MARKER}\nc"]
    assert [issue["state"] for issue in github.issues] == ["open", "closed"]
    assert github.issues[1]["title"] == "Drift"


def test_without_a_difference_no_issue_is_opened(github, run):
    assert run(f"{MARKER}\nnothing", "--issue", "Drift", "--resolved") == 0
    assert github.issues == []


def test_what_is_no_comment_of_ours_is_not_published(github, run, capsys):
    assert run("error: something", "--pull-request", "7") == 2
    assert github.comments == []
    assert "is no comment" in capsys.readouterr().err


def test_outside_of_a_job_it_says_what_is_missing(run, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("GITHUB_REPOSITORY", "example/mail")
    assert run(f"{MARKER}\nx", "--pull-request", "7") == 2
    assert "GITHUB_TOKEN is not set" in capsys.readouterr().err


def test_an_api_that_does_not_answer_is_an_error_without_the_token(run, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("GITHUB_REPOSITORY", "example/mail")
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    assert run(f"{MARKER}\nx", "--pull-request", "7") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: GitHub has not taken the comment")
    assert "t0ken" not in error
