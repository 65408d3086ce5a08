"""The AWS APIs over HTTP: moto's, with our operations in place of some of its own."""

import functools
import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from . import ec2, iam, notifications, route53, secrets_manager, ses_v1, sesv2
from .account import Account
from .confirmations import Confirmations
from .mailbox import Mailbox

_log = logging.getLogger(__name__)


class Api:
    """All APIs on one free port of the loopback address, and the links that SES mails into `mailbox`."""

    def __init__(self, limits_file: Path, mailbox: Mailbox):
        self.account_of: Callable[[str], Account] = functools.cache(
            lambda region: Account(region, limits_file)
        )
        confirmations = Confirmations(mailbox, lambda: self.endpoint)
        sesv2.install(self.account_of, confirmations)
        ses_v1.install(self.account_of)
        route53.install()
        iam.install()
        ec2.install()
        secrets_manager.install()
        notifications.install()
        apis = _OneAtATime(DomainDispatcherApplication(create_backend_app))
        self._server = make_server(
            "127.0.0.1",
            0,
            confirmations.answering(apis),
            threaded=True,
            request_handler=_RequestHandler,
        )

    @property
    def endpoint(self) -> str:
        """The URL for every service."""
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Answer until the process ends."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


class _OneAtATime:
    """A WSGI application that handles one request after the other: moto's state has no locks of its own."""

    def __init__(self, application: Callable[..., Iterable[bytes]]):
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_X_AMZ_TARGET") == "AmazonSQS.ReceiveMessage":
            # It may wait for a message, which the others have to bring.
            return self._application(environ, start_response)
        with self._lock:
            return self._application(environ, start_response)


class _RequestHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        # werkzeug's own line has the colours of a terminal in it.
        _log.info("%s %s %s", self.command, self.path, code)
