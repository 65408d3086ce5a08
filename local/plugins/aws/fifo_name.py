"""Generated names of topics and queues that keep the order."""

from collections.abc import Callable

_SUFFIX = ".fifo"


def with_suffix(is_fifo: bool | None, propose_name: Callable[[int], str]) -> Callable[[int], str]:
    """`propose_name`, with the ending that SNS and SQS want of such a name."""
    if not is_fifo:
        return propose_name
    return lambda length: propose_name(length - len(_SUFFIX)) + _SUFFIX
