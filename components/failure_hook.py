"""The hook that says more than a provider does about what failed: one for all resources of a program."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import pulumi

Explain = Callable[[Sequence[str]], Awaitable[str]]
"""Gets the provider's errors, the newest first; returns what is to be reported beside them, or nothing."""

# By the engine's monitor: a process may run one program after another, each with an engine of its own.
_hooks: WeakKeyDictionary[Any, "_FailureHook"] = WeakKeyDictionary()


def explaining_hook(owner: pulumi.Resource, child: str, explain: Explain) -> pulumi.ErrorHook:
    """The hook for the child of `owner` that is called `child`: when that fails, it reports what `explain` returns."""
    monitor = pulumi.runtime.settings.get_monitor()
    if monitor not in _hooks:
        # Named after the first, as processes of several components may share an engine, and names of hooks are unique.
        _hooks[monitor] = _FailureHook(child)
    _hooks[monitor].explanations.append((owner, child, explain))
    return _hooks[monitor]


class _FailureHook(pulumi.ErrorHook):
    # One, because the SDK may start a server for each hook that is made.

    def __init__(self, name: str):
        self.explanations: list[tuple[pulumi.Resource, str, Explain]] = []
        super().__init__(name, self._report)

    async def _report(self, failed: pulumi.ErrorHookArgs) -> bool:
        for owner, child, explain in self.explanations:
            # The same name may stand under components of several types.
            urn = pulumi.create_urn(child, failed.type, owner)
            if failed.name != child or failed.urn != await urn.future():
                continue
            if text := await explain(failed.errors):
                pulumi.log.error(text, owner)
        return False  # do not try again
