"""Every type of the stand-in AWS plugin under the real engine: made, changed, refreshed, imported and destroyed.

A contract test names the one that is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi
import pytest

from .aws_types import FAMILIES
from .engine import Run, engine
from .local_aws import LocalAws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def account():
    with LocalAws() as local_aws:
        yield local_aws


@pytest.fixture(scope="module")
def config(account):
    return account.config


@dataclass
class Life:
    """What the engine did to all families, from the first update to the destruction."""

    names: dict[str, set[str]]
    """By family."""
    created: Run
    again: Run
    refreshed: Run
    changed: Run
    after_change: Run
    imported: Run
    destroyed: Run
    gone: Run


def program(second: bool, import_ids: Mapping[str, str] | None = None) -> Callable[[], None]:
    def options(name: str) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(import_=(import_ids or {}).get(name))

    def run() -> None:
        for name, family in FAMILIES.items():
            made = family.program(second, options)
            pulumi.export(name, {resource._name: resource.id for resource in made})

    return run


@pytest.fixture(scope="module")
def life(tmp_path_factory, config):
    # One stack for all: what a command takes is mostly the start of the engine and of the plugin.
    directories = [tmp_path_factory.mktemp(name) for name in ("owner", "importer")]
    with engine(directories[0], program(second=False), config) as owner:
        created, again = owner.up(), owner.preview()
        owner.refresh()
        refreshed = owner.preview()
        owner.program = program(second=True)
        changed, after_change = owner.up(), owner.preview()
        ids = owner.outputs
        import_ids = {name: known for made in ids.values() for name, known in made.items()}
        for family in FAMILIES.values():
            import_ids |= family.import_ids
        with engine(directories[1], program(second=True, import_ids=import_ids), config) as importer:
            imported, destroyed, gone = importer.up(), owner.destroy(), importer.refresh()
        names = {family: set(made) for family, made in ids.items()}
        yield Life(names, created, again, refreshed, changed, after_change, imported, destroyed, gone)


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.fixture
def names(life: Life, family: str) -> set[str]:
    return life.names[family]


def changes(run: Run, names: set[str]) -> dict[str, str]:
    return {name: operation for name, operation in run.changes.items() if name in names}


def test_each_type_is_created(life, names):
    assert changes(life.created, names) == dict.fromkeys(names, "create")


def test_what_was_created_or_changed_needs_no_further_change(life):
    assert (life.again.changes, life.after_change.changes) == ({}, {})


def test_a_refresh_finds_what_was_made(life):
    assert life.refreshed.changes == {}


def test_each_type_changes_in_place_or_is_replaced(life, family, names):
    assert changes(life.changed, names) == FAMILIES[family].changes


def test_each_type_is_imported_as_it_was_made(life, names):
    assert changes(life.imported, names) == dict.fromkeys(names, "import")


def test_what_was_destroyed_is_gone(life, family, names):
    assert changes(life.destroyed, names) == dict.fromkeys(names, "delete")
    gone = {name for name, operation in changes(life.gone, names).items() if operation == "delete"}
    assert gone == names - set(FAMILIES[family].stays)
