"""What can be had from the internet, found out without a long wait."""

import functools
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

# Two of these fit into the five seconds that a machine without internet may lose.
_PROBE_SECONDS = 2.0
_READ_SECONDS = 30

Result = TypeVar("Result")


def within(seconds: float, function: Callable[[], Result]) -> Result:
    """The result of a function; raises TimeoutError when it takes longer.

    The timeouts of sockets do not cover the lookup of a name, which alone can take half a minute.
    """
    results: list[Result] = []
    errors: list[Exception] = []

    def call() -> None:
        try:
            results.append(function())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return results[0]


@functools.cache
def reachable(site: str) -> bool:
    """Whether a web server answers at `site`, such as `https://get.pulumi.com`. Asked once in a run."""
    request = urllib.request.Request(site, method="HEAD")  # noqa: S310 - the callers name https sites
    try:
        within(_PROBE_SECONDS, lambda: urllib.request.urlopen(request, timeout=_PROBE_SECONDS).close())  # noqa: S310
    except urllib.error.HTTPError:
        return True  # it answered
    except (OSError, TimeoutError):
        return False
    return True


def save(url: str, target: Path) -> None:
    """Download a file. Raises OSError."""
    with urllib.request.urlopen(url, timeout=_READ_SECONDS) as response, target.open("wb") as file:  # noqa: S310
        while block := response.read(1 << 20):
            file.write(block)
