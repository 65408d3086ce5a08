"""What a relay is told wherever it runs: where mail goes, and whose."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from .relay_settings import RelaySettings


# `allowed_networks`, `hostname` and `options` are not here: each target has defaults of its own, a field has one
# docstring, which other languages see too, and a TypedDict that inherits a field must not write it anew
# (https://peps.python.org/pep-0589/#inheritance).
class RelayArgs(TypedDict):
    """The upstream and the senders of a relay."""

    relay: RelaySettings
    """The upstream: what a maker of `relay_settings` returns."""
    allowed_sender_domains: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Domains whose addresses may send, such as `["example.com"]`; `["*"]` lets any address send."""
