"""Whether a cluster answers, before a preview."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.cluster import answer
from local.tools.failure import Failure

pytestmark = pytest.mark.unit


def kubeconfig(current: str = "", **servers: str) -> dict[str, Any]:
    """One context for each server, called alike."""
    return {
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": f"of-{name}"}} for name in servers],
        "clusters": [{"name": f"of-{name}", "cluster": {"server": url}} for name, url in servers.items()],
    }


@pytest.mark.parametrize(
    ("context", "server"),
    [("", "https://one"), ("two", "https://two"), ("three", "https://three"), ("four", None)],
)
def test_the_server_is_that_of_the_context_in_whichever_file(context: str, server: str | None) -> None:
    files = [
        kubeconfig("one", one="https://one", two="https://two"),
        kubeconfig("three", three="https://three"),
    ]
    assert answer.server_of(files, context) == server


@pytest.mark.parametrize("files", [[], [None], ["placeholder"], [{}]])
def test_without_a_kubeconfig_there_is_no_server(files: list[Any]) -> None:
    assert answer.server_of(files, "") is None


def test_a_server_behind_a_proxy_is_not_asked() -> None:
    behind = kubeconfig("one", one="https://one")
    behind["clusters"][0]["cluster"]["proxy-url"] = "http://proxy"
    assert answer.server_of([behind], "") is None


@pytest.mark.parametrize("given", ["configuration", "environment"])
@pytest.mark.parametrize("is_listening", [True, False])
def test_a_server_that_does_not_answer_is_an_error_that_names_it_and_its_context(
    given: str, is_listening: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "_SECONDS", 0.2)
    path = tmp_path / "kubeconfig"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"https://127.0.0.1:{silent.getsockname()[1]}"
        path.write_text(yaml.safe_dump(kubeconfig(mine=server)))
        if not is_listening:
            silent.close()
        config = {"kubernetes:context": "mine"}
        of_configuration = {"kubernetes:kubeconfig": str(path)} if given == "configuration" else {}
        with pytest.raises(Failure, match=rf"cluster at {server} does not .* context 'mine' of {path};"):
            answer.check(config | of_configuration, {"KUBECONFIG": str(path)} if not of_configuration else {})


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_refuses_to_talk_has_answered(scheme: str, tmp_path: Path) -> None:
    # Without a password this is 401, and TLS it does not know at all.
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = tmp_path / "kubeconfig"
        address = f"{scheme}://127.0.0.1:{server.server_port}"
        path.write_text(yaml.safe_dump(kubeconfig("mine", mine=address)))
        answer.check({}, {"KUBECONFIG": str(path)})
        server.shutdown()


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        pass
