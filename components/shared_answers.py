"""Questions to AWS that many components of a program have in common, each asked once."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

T = TypeVar("T")

# By the engine's monitor: a process may run one program after another, each with an engine of its own.
_answers: WeakKeyDictionary[Any, dict[Hashable, Any]] = WeakKeyDictionary()


def ask_once(
    parent: pulumi.Resource, ask: Callable[..., T], options: type[pulumi.InvokeOptions], **question: Any
) -> T:
    """What the function `ask` of pulumi-aws answers to `question` with the provider of `parent`, and gave before.

    `options` is the type of its options. A question with an Output in it is the same when it is the same Output.
    """
    provider = parent.get_provider("aws:index:provider")
    answers = _answers.setdefault(pulumi.runtime.settings.get_monitor(), {})
    key = (ask, provider, frozenset(question.items()))
    if key not in answers:
        answers[key] = ask(**question, opts=options(provider=provider))
    return answers[key]
