"""Whether the cluster of a stack answers: the engine would wait for it for minutes, and then preview without it."""

import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from local.run_config import Config
from local.tools import download
from local.tools.failure import Failure
from local.workspace import CHECKOUT

_SECONDS = 5


def check(config: Config, environment: Mapping[str, str]) -> None:
    """Ask the cluster of a stack's configuration for its version. Raises Failure where nobody answers.

    Where no kubeconfig has the stack's context there is nobody to ask: a preview does without a cluster then.
    """
    context = config.get("kubernetes:context", "")
    paths = _paths(config, environment)
    server = server_of([yaml.safe_load(path.read_text()) for path in paths if path.is_file()], context)
    if server and not _answers(server):
        raise Failure(
            f"The cluster at {server} does not answer within {_SECONDS} s: start it, or open the way to it. It is "
            f"{f'the context {context!r}' if context else 'the current context'} of {':'.join(map(str, paths))}; "
            "another one is named as kubernetes:context in the stack's configuration"
        )


def server_of(kubeconfigs: Sequence[Any], context: str) -> str | None:
    """The address of the API server of a context, or of the first current one; None where it is not known, or reached
    through a proxy only.
    """
    known = [one for one in kubeconfigs if isinstance(one, Mapping)]
    wanted = context or next((one["current-context"] for one in known if one.get("current-context")), None)
    contexts = _named(known, "contexts", "context")
    cluster = _named(known, "clusters", "cluster").get(contexts.get(wanted, {}).get("cluster"), {})
    return None if "proxy-url" in cluster else cluster.get("server")


def _named(kubeconfigs: Sequence[Mapping[str, Any]], list_: str, kind: str) -> dict[str, Mapping[str, Any]]:
    # The first of a name counts.
    return {
        one["name"]: one[kind] for known in reversed(kubeconfigs) for one in reversed(known.get(list_) or [])
    }


def _paths(config: Config, environment: Mapping[str, str]) -> list[Path]:
    given = config.get("kubernetes:kubeconfig") or environment.get("KUBECONFIG") or "~/.kube/config"
    return [CHECKOUT / Path(path).expanduser() for path in str(given).split(os.pathsep)]


def _answers(server: str) -> bool:
    request = urllib.request.Request(f"{server}/version")  # noqa: S310 - of the user's own kubeconfig
    # Whether it is the right one is for the provider to find out.
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    try:
        download.within(
            _SECONDS,
            lambda: urllib.request.urlopen(request, timeout=_SECONDS, context=unverified).close(),  # noqa: S310
        )
    except (urllib.error.HTTPError, ssl.SSLError):
        return True  # somebody did
    except urllib.error.URLError as error:
        return isinstance(error.reason, ssl.SSLError)
    except (OSError, TimeoutError):
        return False
    return True
