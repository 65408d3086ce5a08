"""Put a comment where it is read: `python -m review.publish comment.md --pull-request 7`, or `--issue TITLE`.

What was put there before for the same stack is found by the comment's first line, and changed in place. An issue is
opened where there is none; with `--resolved` an open one is closed, and none is opened. It is done with GitHub's API,
as the workflows' own user: GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL are those of a job.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Whoever else writes the line into a comment must not get theirs changed.
_OWN_LOGIN = "github-actions[bot]"
_PAGE = 100
_SECONDS = 30


class GitHub:
    """One repository, by its API: https://docs.github.com/en/rest/issues"""

    def __init__(self, api: str, repository: str, token: str):
        self._url = f"{api}/repos/{repository}"
        self._token = token

    def comment(self, pull_request: int, body: str) -> str:
        """Change the comment with the same first line, or add it. Returns its address."""
        for known in self._listed(f"/issues/{pull_request}/comments"):
            if _is_same(known, body):
                return self._ask("PATCH", f"/issues/comments/{known['id']}", {"body": body})["html_url"]
        return self._ask("POST", f"/issues/{pull_request}/comments", {"body": body})["html_url"]

    def issue(self, title: str, body: str, *, is_resolved: bool) -> str:
        """Change the open issue whose text has the same first line, close it, or open it. Returns its address."""
        for known in self._listed("/issues?state=open"):
            if _is_same(known, body) and "pull_request" not in known:
                change = {"body": body} | ({"state": "closed"} if is_resolved else {})
                return self._ask("PATCH", f"/issues/{known['number']}", change)["html_url"]
        return "" if is_resolved else self._ask("POST", "/issues", {"title": title, "body": body})["html_url"]

    def _listed(self, path: str) -> Iterator[dict[str, Any]]:
        number, sign = 1, "&" if "?" in path else "?"
        while page := self._ask("GET", f"{path}{sign}per_page={_PAGE}&page={number}"):
            yield from page
            if len(page) < _PAGE:
                return
            number += 1

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the job's own
            f"{self._url}{path}",
            data=json.dumps(body).encode() if body else None,
            method=method,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return json.load(answer)


def _is_same(known: dict[str, Any], body: str) -> bool:
    first_line = (known.get("body") or "").partition("\n")[0].strip()
    is_own = (known.get("user") or {}).get("login") == _OWN_LOGIN
    return is_own and first_line == body.partition("\n")[0]


def main() -> int:
    """Publish a file; print the address, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m review.publish", description=__doc__)
    parser.add_argument("comment", type=Path, help="what `python -m review` has written")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--pull-request", type=int, metavar="NUMBER")
    place.add_argument("--issue", metavar="TITLE")
    parser.add_argument("--resolved", action="store_true", help="close the issue")
    options = parser.parse_args()
    try:
        github = GitHub(*(os.environ[f"GITHUB_{name}"] for name in ("API_URL", "REPOSITORY", "TOKEN")))
        body = options.comment.read_text(encoding="utf-8")
        if not body.startswith("<!-- "):
            print(f"error: {options.comment} is no comment of `python -m review`", file=sys.stderr)
            return 2
        if options.issue:
            print(github.issue(options.issue, body, is_resolved=options.resolved))
        else:
            print(github.comment(options.pull_request, body))
    except KeyError as error:
        print(f"error: {error.args[0]} is not set: it is in the jobs of GitHub Actions", file=sys.stderr)
        return 2
    except (urllib.error.URLError, OSError) as error:
        print(f"error: GitHub has not taken the comment: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
