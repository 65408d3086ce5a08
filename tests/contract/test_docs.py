"""The documentation holds together: its links lead on, and what it names exists."""

import itertools
import json
import re
import subprocess
import sys

import pytest
from markdown_it import MarkdownIt

from .pages import PAGES, ROOT
from .tables import table

pytestmark = pytest.mark.contract


def test_every_test_that_is_named_exists():
    named = {
        (page.name, path, name)
        for page in PAGES
        for path, name in re.findall(r"`(tests/[a-z_/]+(?:\.py)?)(?:::(\w+))?`", page.read_text())
    }
    missing = {
        (page, path, name)
        for page, path, name in named
        if not (ROOT / path).exists() or (name and f"def {name}(" not in (ROOT / path).read_text())
    }
    assert missing == set()


def anchors(page):
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_relative_link_leads_to_a_file_and_a_heading_in_it():
    tokens = [
        (page, token)
        for page in PAGES
        for paragraph in MarkdownIt("commonmark").parse(page.read_text())
        for token in paragraph.children or []
    ]
    links = [(page, token.attrs["href"]) for page, token in tokens if token.type == "link_open"]
    links += [(page, token.attrs["src"]) for page, token in tokens if token.type == "image"]
    relative = [(page, *link.partition("#")[::2]) for page, link in links if not link.startswith("https://")]
    assert len(relative) > 100
    dead = [
        (page.relative_to(ROOT), path, anchor)
        for page, path, anchor in relative
        for target in [page.parent / path if path else page]
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert dead == []


def statements(readme):
    """What the README states: the parts of its bullets, the sentences of its sections, its commands."""
    introduction, first_heading, rest = readme.partition("\n## ")
    sections, _, _ = (first_heading + rest).partition("\n## Read on")
    found = []
    for text, is_section in ((introduction, False), (sections, True)):
        tokens = MarkdownIt("commonmark").parse(text)
        for before, token in itertools.pairwise(tokens):
            words = " ".join(token.content.split())
            if token.type == "inline" and before.hidden:  # the paragraph of a bullet
                found += re.split(r", (?:and )?", words.rstrip(",."))
            elif token.type == "inline" and before.type == "paragraph_open" and is_section:
                found += re.split(r"(?<=[.;]) ", words)
            elif token.info == "sh":
                found += [" ".join(line.split()) for line in token.content.splitlines()]
    return found


def test_the_table_of_promises_quotes_the_readme_and_leaves_no_statement_out():
    stated = statements((ROOT / "README.md").read_text())
    promises = table("promises", ROOT / "docs" / "promises.md")
    quotes = [quote.replace(r"\|", "|") for quote, *_ in promises if quote]
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert [quote for quote in quotes if quote not in readme] == []
    assert [part for part in stated if not any(quote in part or part in quote for quote in quotes)] == []


def test_the_readme_is_one_screen():
    assert len([line for line in (ROOT / "README.md").read_text().splitlines() if line]) <= 50


def test_the_changelog_names_every_component():
    schema = json.loads((ROOT / "components" / "schema.json").read_text())
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert [name for name in schema["resources"] if f"`{name.split(':')[-1]}`" not in changelog] == []


def test_the_reference_has_every_module_that_programs_import_from():
    written = "".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))
    modules = set(
        re.findall(r"^from \.(\w+) import", (ROOT / "components/__init__.pyi").read_text(), re.MULTILINE)
    )
    assert {module for module in modules if f"automodule:: components.{module}\n" not in written} == set()


def test_the_site_builds_without_a_warning(tmp_path):
    """A warning is a link that leads nowhere, a page that no other leads to, a picture that is not there."""
    arguments = ["-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path)]
    built = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stderr) == (0, "")
