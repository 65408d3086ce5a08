"""Runs a provider as the engine expects a plugin to run."""

import os
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local.plugins.provider import Provider

_MAX_MESSAGE_BYTES = 400 * 1024 * 1024  # as the engine: a large state must fit
_MAX_CALLS = 64  # some calls only wait, and the engine's own parallelism must not be cut
_PARENT_CHECK_SECONDS = 2


def serve(provider: Provider) -> None:
    """Serve on a free loopback port, print it as the first line, and return when the engine is gone."""
    # The engine kills its plugins; an engine that was itself killed cannot, and would leave them behind. Asked for
    # before the engine can know the port: it may die right after.
    engine = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_MAX_CALLS),
        options=[
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while os.getppid() == engine and server.wait_for_termination(timeout=_PARENT_CHECK_SECONDS):
        pass
    server.stop(grace=None)
