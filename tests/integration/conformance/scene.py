"""What surrounds a relay under test: its upstream, and the name server that knows where that is."""

import contextlib

from tests.integration.nameserver import Nameserver
from tests.integration.upstream import Upstream

from .target import Platform

_NAME = "upstream.example.com"
_LOGIN = ("name", "pass:word")
_TLS = {"smtp+tls": "starttls", "smtps": "tls", "smtp+notls": "plain"}


class Scene:
    """An upstream that relays on `platform` reach, and that speaks what their `proto` asks for. `with` it all is well.

    With `by_name` a name server of its own tells where the upstream is; otherwise the relay knows.
    """

    def __init__(self, platform: Platform, proto: str, *, by_name: bool):
        self._proto = proto
        self._address = address = platform.upstream_address
        host = _NAME if by_name else platform.upstream_host
        encrypted = proto != "smtp+notls"
        self.upstream = Upstream(_TLS[proto], _LOGIN if encrypted else None, address=address, host=host)
        self.nameserver = Nameserver({}, address, platform.port_53) if by_name else None
        self._undo = contextlib.ExitStack()
        self._up = contextlib.ExitStack()
        self._is_up = False

    def __enter__(self) -> "Scene":
        self._undo.callback(self.stop_upstream)
        if self.nameserver:
            self._undo.enter_context(self.nameserver)
        self.repair()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def environment(self) -> dict[str, str]:
        """What the relay is told about the upstream."""
        values = {
            "RELAY_HOST": self.upstream.host,
            "RELAY_PORT": str(self.upstream.port),
            "RELAY_PROTO": self._proto,
        }
        if self.upstream.login:
            values["RELAY_CA"] = self.upstream.authority.pem
            values["RELAY_USER"], values["RELAY_PASSWORD"] = _LOGIN
        return values

    def stop_upstream(self) -> None:
        """Nothing listens any more where the upstream was."""
        self._up.close()
        self._is_up = False

    def repair(self) -> None:
        """Make all of it work again."""
        self.upstream.behave()
        self.upstream.tls_context = self.upstream.authority.server_context(self.upstream.host)
        self.upstream.login = _LOGIN if self.upstream.login else None
        if self.nameserver:
            self.nameserver.silent = False
            self.nameserver.records[_NAME] = self._address
        if not self._is_up:
            self._up.enter_context(self.upstream)
            self._is_up = True
