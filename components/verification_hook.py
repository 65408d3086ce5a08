"""The hook that says why SES has not verified an identity: one for all identities of a program."""

from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

import pulumi

# By the engine's monitor: a process may run one program after another, each with an engine of its own.
_hooks: WeakKeyDictionary[Any, "_VerificationHook"] = WeakKeyDictionary()


def explaining_hook(
    owner: pulumi.Resource, verification: str, explain: Callable[[], Awaitable[str]]
) -> pulumi.ErrorHook:
    """The hook for `owner`'s child `verification`: when that fails, it reports what `explain` returns."""
    monitor = pulumi.runtime.settings.get_monitor()
    if monitor not in _hooks:
        # Named after the first, as processes of several components may share an engine, and names of hooks are unique.
        _hooks[monitor] = _VerificationHook(verification)
    _hooks[monitor].explanations.append((owner, verification, explain))
    return _hooks[monitor]


class _VerificationHook(pulumi.ErrorHook):
    # One, because the SDK may start a server for each hook that is made.

    def __init__(self, name: str):
        self.explanations: list[tuple[pulumi.Resource, str, Callable[[], Awaitable[str]]]] = []
        super().__init__(name, self._report)

    async def _report(self, failed: pulumi.ErrorHookArgs) -> bool:
        for owner, verification, explain in self.explanations:
            # The same name may stand under components of several types.
            urn = pulumi.create_urn(verification, failed.type, owner)
            if failed.name == verification and failed.urn == await urn.future():
                pulumi.log.error(await explain(), owner)
        return False  # do not try again
