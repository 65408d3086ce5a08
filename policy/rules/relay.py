"""Rules for who may send through a relay, and how it sends."""

import ipaddress
import re
from collections.abc import Iterator

from .resource import Resource
from .rule import MANDATORY, ResourceRule
from .workload import Workload, relays

# Whose clients may send, as this project's image and others' call it.
_NETWORKS = (
    "OPENSMTPD_ALLOWED_NETWORKS",
    "MYNETWORKS",
    "POSTFIX_mynetworks",
    "RELAY_NETWORKS",
    "PERMIT_NETWORKS",
)
# The widest private ranges are 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193).
_WIDEST = {4: 8, 6: 7}
_LOOPBACK = ("127.0.0.1", "::1")
_RELAYS_FOR_ANYBODY = re.compile(r"(?:^|/)wodby/opensmtpd(?:[:@]|$)")
_UNPROTECTED = ("smtp", "smtp+notls")
# A relay takes 34 MiB under the load of `make bench`, and up to 16 more for the hash of a login (yescrypt).
_LEAST_MEBIBYTES = 64
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G)?")
_MEBIBYTES = {
    None: 2**-20,
    "k": 1000 / 2**20,
    "M": 10**6 / 2**20,
    "G": 10**9 / 2**20,
    "Ki": 2**-10,
    "Mi": 1,
    "Gi": 2**10,
}


def _open(resource: Resource) -> Iterator[str]:
    for relay in relays(resource):
        for name in _NETWORKS:
            for network in re.split(r"[,\s]+", relay.environment.get(name, "")):
                if _is_everybody(network):
                    yield f"{resource.name}: {name} lets in {network}"
        if _RELAYS_FOR_ANYBODY.search(relay.image) and set(relay.addresses) - set(_LOOPBACK):
            yield f"{resource.name}: the image {relay.image} relays for whoever reaches its port, which is published"


def _unverified(resource: Resource) -> Iterator[str]:
    for relay in relays(resource):
        if relay.environment.get("RELAY_INSECURE_SKIP_VERIFY", "").lower() in ("yes", "true", "1"):
            yield f"{resource.name}: RELAY_INSECURE_SKIP_VERIFY is set"
        for name, proto in _protocols(relay):
            if proto in _UNPROTECTED:
                yield f"{resource.name}: {name} is {proto}, which verifies no certificate"


def _plaintext_login(resource: Resource) -> Iterator[str]:
    for relay in relays(resource):
        for name, proto in _protocols(relay):
            prefix = name.removesuffix("PROTO")
            login = [f"{prefix}{part}{form}" for part in ("USER", "PASSWORD") for form in ("", "_FILE")]
            if proto in _UNPROTECTED and any(relay.environment.get(variable) for variable in login):
                yield f"{resource.name}: {name} is {proto}, and there is a login"


def _image_not_pinned(resource: Resource) -> Iterator[str]:
    for relay in relays(resource):
        name = relay.image.rpartition("/")[2]
        if name and "@sha256:" not in name and name.partition(":")[2] in ("", "latest"):
            yield f"{resource.name}: the image {relay.image} may be another one tomorrow"


def _memory_not_set(resource: Resource) -> Iterator[str]:
    for relay in relays(resource):
        limit = _mebibytes(relay)
        if limit is None:
            yield f"{resource.name}: it has no memory limit"
        elif limit < _LEAST_MEBIBYTES:
            yield f"{resource.name}: its memory limit is {limit:g} MiB, and a busy relay needs {_LEAST_MEBIBYTES}"


def _protocols(relay: Workload) -> Iterator[tuple[str, str]]:
    for name, value in relay.environment.items():
        if name.startswith("RELAY_") and name.endswith("_PROTO"):
            yield name, value


def _is_everybody(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen < _WIDEST[network.version]


def _mebibytes(relay: Workload) -> float | None:
    if isinstance(relay.memory, int | float):
        return float(relay.memory) or None  # Docker's are MiB already, and 0 is no limit
    quantity = _QUANTITY.fullmatch(relay.memory) if isinstance(relay.memory, str) else None
    return float(quantity[1]) * _MEBIBYTES[quantity[2]] if quantity else None


RULES = (
    ResourceRule(
        name="relay-not-open",
        level=MANDATORY,
        why="An open relay is found within hours, sends others' spam, and gets the domain and the account blocked.",
        fix="Name the networks of your applications (OPENSMTPD_ALLOWED_NETWORKS), none wider than /8, or /7 of IPv6.",
        check=_open,
    ),
    ResourceRule(
        name="relay-verifies-tls",
        level=MANDATORY,
        why="Without a verified certificate, whoever is on the way can take the server's place and read all mail.",
        fix="Use RELAY_PROTO smtp+tls or smtps, and RELAY_CA for a CA of your own, instead of skipping the check.",
        check=_unverified,
    ),
    ResourceRule(
        name="relay-no-plaintext-login",
        level=MANDATORY,
        why="A login that crosses a network unencrypted is everybody's on the way.",
        fix="Use RELAY_PROTO smtp+tls (port 587) or smtps (port 465) with a login.",
        check=_plaintext_login,
    ),
    ResourceRule(
        name="relay-image-pinned",
        level=MANDATORY,
        why="With `latest` or no tag, a restart can bring another relay than the one that was tested.",
        fix="Give the image a version's tag or, better, a digest (@sha256:...).",
        check=_image_not_pinned,
    ),
    ResourceRule(
        name="relay-memory-set",
        level=MANDATORY,
        why="Without a limit a flood of mail takes the host's memory; with too low a one the kernel "
        "ends the relay again and again.",
        fix="Set the memory limit to 128 MiB, and not below 64.",
        check=_memory_not_set,
    ),
)
