"""Every type of the stand-in AWS plugin under the real engine: made, changed, refreshed, imported and destroyed.

A contract test names the one that is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi
import pytest

from .aws_types import FAMILIES, Family
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
    """What the engine did to a family of types, from the first update to the destruction."""

    family: Family
    names: set[str]
    created: Run
    again: Run
    refreshed: Run
    changed: Run
    after_change: Run
    imported: Run
    destroyed: Run
    gone: Run


def program(family: Family, second: bool, import_ids: Mapping[str, str] | None = None) -> Callable[[], None]:
    def options(name: str) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(import_=(import_ids or {}).get(name))

    def run() -> None:
        for resource in family.program(second, options):
            pulumi.export(resource._name, resource.id)

    return run


@pytest.fixture(scope="module", params=FAMILIES.values(), ids=FAMILIES)
def life(request, tmp_path_factory, config):
    family = request.param
    directories = [tmp_path_factory.mktemp(name) for name in ("owner", "importer")]
    with engine(directories[0], program(family, second=False), config) as owner:
        created, again = owner.up(), owner.preview()
        owner.refresh()
        refreshed = owner.preview()
        owner.program = program(family, second=True)
        changed, after_change = owner.up(), owner.preview()
        ids = owner.outputs
        imports = program(family, second=True, import_ids={**ids, **family.import_ids})
        with engine(directories[1], imports, config) as importer:
            imported, destroyed, gone = importer.up(), owner.destroy(), importer.refresh()
        yield Life(
            family, set(ids), created, again, refreshed, changed, after_change, imported, destroyed, gone
        )


def test_each_type_is_created(life):
    assert life.created.changes == dict.fromkeys(life.names, "create")


def test_what_was_created_or_changed_needs_no_further_change(life):
    assert (life.again.changes, life.after_change.changes) == ({}, {})


def test_a_refresh_finds_what_was_made(life):
    assert life.refreshed.changes == {}


def test_each_type_changes_in_place_or_is_replaced(life):
    assert life.changed.changes == life.family.changes


def test_each_type_is_imported_as_it_was_made(life):
    assert life.imported.changes == dict.fromkeys(life.names, "import")


def test_what_was_destroyed_is_gone(life):
    assert life.destroyed.changes == dict.fromkeys(life.names, "delete")
    gone = {name for name, operation in life.gone.changes.items() if operation == "delete"}
    assert gone == life.names - set(life.family.stays)
