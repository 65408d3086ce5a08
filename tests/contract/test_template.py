"""`pulumi new` with this repository as template asks what a stack cannot do without."""

from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.contract

PROJECT = yaml.safe_load((Path(__file__).parents[2] / "Pulumi.yaml").read_text())
QUESTIONS = PROJECT["template"]["config"]


def test_it_asks_for_every_key_that_has_no_default():
    assert {key for key, declared in PROJECT["config"].items() if "default" not in declared} <= set(QUESTIONS)


def test_it_asks_where_mail_comes_from_where_it_goes_and_what_runs():
    assert [key for key in QUESTIONS if ":" not in key] == ["domain", "upstream", "target"]


def test_it_asks_in_the_words_and_offers_the_defaults_of_the_configuration():
    questions = {key: question for key, question in QUESTIONS.items() if ":" not in key}
    declared = {
        key: {part: value for part, value in PROJECT["config"][key].items() if part != "type"}
        for key in questions
    }
    assert questions == declared
