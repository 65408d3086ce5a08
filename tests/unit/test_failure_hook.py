"""One hook for all that may fail in a program: it reports what belongs to the one that did."""

import pulumi
import pytest

from components.failure_hook import explaining_hook

from .recorder import record

pytestmark = pytest.mark.unit

_TYPE = "aws:ses/domainIdentityVerification:DomainIdentityVerification"


def owner(name, *, below):
    around = pulumi.ComponentResource(f"test:index:{below}", f"{below}-{name}", {})
    return pulumi.ComponentResource("test:index:Owner", name, {}, pulumi.ResourceOptions(parent=around))


def hook_of(identity, name):
    async def explain(errors):
        return f"{name} of {identity._name}: {errors[0]}" if errors else ""

    return explaining_hook(identity, name, explain)


@pytest.fixture
def reported(monkeypatch) -> list[tuple[str, pulumi.Resource]]:
    found = []
    monkeypatch.setattr(pulumi.log, "error", lambda text, resource: found.append((text, resource)))
    return found


def test_the_one_that_failed_is_explained_and_not_tried_again(reported):
    made = {}

    def program():
        # As the same component may be used twice: only the types of what is around tell the two apart.
        for around in ("first", "second"):
            made[around] = owner("mail", below=around)
            made["hook", around] = hook_of(made[around], "mail-verification")
        hook_of(owner("other", below="third"), "other-verification")

        async def fail():
            urn = await pulumi.create_urn("mail-verification", _TYPE, made["second"]).future()
            failed = {"urn": urn, "id": "", "name": "mail-verification", "type": _TYPE}
            # Of an error that `explain` has nothing to say about, too.
            for errors in (["timeout"], []):
                again = await made["hook", "first"](pulumi.ErrorHookArgs(**failed, errors=errors))
            return again

        return {"again": pulumi.Output.from_input(fail())}

    _, values = record(program)
    assert values == {"again": False}
    assert made["hook", "first"] is made["hook", "second"]
    assert reported == [("mail-verification of mail: timeout", made["second"])]


def test_the_next_program_of_the_process_has_a_hook_of_its_own():
    hooks = []
    for _ in range(2):
        record(lambda: hooks.append(hook_of(owner("mail", below="around"), "mail-verification")))
    assert hooks[0] is not hooks[1]
