"""What a change does to the relay: who may send through it, and how it sends."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping

from ..change import Change
from ..markdown import code, listed
from ..preview import Preview
from ..risk import Risk, Weight
from ..workload import CONTAINER, PODS, Workload, workloads

_UPSTREAM = ("HOST", "PORT", "PROTO")
_PLAIN = {
    "smtp": "is encrypted only if the server offers it, and the certificate is not checked",
    "smtp+notls": "is never encrypted",
    "direct": "goes straight to the recipients' servers, from an address that they do not know",
}
# A relay takes 34 MiB under the load of `make bench`, and up to 16 more for the hash of a login (yescrypt).
_LEAST_MEBIBYTES = 64
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SERVICE = "kubernetes:core/v1:Service"
_NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def senders_widened(preview: Preview) -> Iterator[Risk]:
    """More clients, or more sender domains, than before."""
    for relay in _visible(preview):
        networks = _added(relay, "OPENSMTPD_ALLOWED_NETWORKS", _holds_network)
        if networks:
            everyone = [network for network in networks if network.endswith("/0")]
            yield Risk(
                Weight.OPENS,
                f"More clients may send: {listed([code(network) for network in networks])}",
                "Everybody who reaches the port may send in the domain's name."
                if everyone
                else "Every host in there may send in the domain's name, without a login.",
                "Name the smallest networks that hold your applications.",
            )
        domains = _added(relay, "OPENSMTPD_ALLOWED_SENDER_DOMAINS", _holds_domain)
        if domains:
            yield Risk(
                Weight.OPENS,
                f"More senders are allowed: {listed([code(domain) for domain in domains])}",
                "Clients may use addresses of these domains; the upstream refuses those that it has "
                "not verified (554).",
                "Name each domain that is yours; `*` lets a broken or taken-over client write as anybody.",
            )


def verification_off(preview: Preview) -> Iterator[Risk]:
    """A server that is not asked who it is."""
    for relay in _visible(preview):
        name = "RELAY_INSECURE_SKIP_VERIFY"
        if _is_yes(relay.new.get(name, "")) and not _is_yes(relay.old.get(name, "")):
            yield Risk(
                Weight.OPENS,
                "The upstream's certificate is not checked any more",
                "Whoever is on the way can take the server's place, and gets all mail and the login.",
                "Set `verify` back; for a CA of your own, give its certificate as `ca`.",
            )


def plaintext(preview: Preview) -> Iterator[Risk]:
    """Mail that others can read on its way."""
    for relay in _visible(preview):
        for name, proto in relay.new.items():
            if (
                name.startswith("RELAY_")
                and name.endswith("_PROTO")
                and proto in _PLAIN
                and relay.old.get(name) != proto
            ):
                yield Risk(
                    Weight.OPENS,
                    "Mail to "
                    f"{code(relay.new.get(name.replace('_PROTO', '_HOST')) or 'its recipients')} {_PLAIN[proto]}",
                    f"{code(name)} is {code(proto)}.",
                    "Use `smtp+tls` (port 587) or `smtps` (port 465).",
                )


def upstream_changed(preview: Preview) -> Iterator[Risk]:
    """Another server that gets the mail."""
    for relay in _visible(preview):
        for prefix in _prefixes(relay):
            old, new = (_address(environment, prefix) for environment in (relay.old, relay.new))
            if old and old != new:
                which = "upstream" if prefix == "RELAY_" else "fallback" if "FALLBACK" in prefix else "route"
                yield Risk(
                    Weight.CHANGES_MAIL,
                    f"The {which} changes from {code(old)} to {code(new) if new else 'none'}",
                    "Mail that waits in the queue goes to the new one too. It must know the domain "
                    "and the login, or it "
                    "refuses all mail.",
                    "Send one message through it before this is merged.",
                )


def staging_guard_changed(preview: Preview) -> Iterator[Risk]:
    """Mail that reaches people whom it did not reach, or the other way round."""
    for relay in _visible(preview):
        if relay.change.operation == "create":
            continue
        for name in ("OPENSMTPD_REDIRECT_RECIPIENTS", "OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS"):
            old, new = relay.old.get(name, ""), relay.new.get(name, "")
            if old and not new:
                yield Risk(
                    Weight.OPENS,
                    "Mail goes to its real recipients from now on",
                    f"{code(name)} is {code(old)} now, and goes.",
                    "Be sure that nothing in this stack sends test mail to customers.",
                )
            elif new and new != old:
                yield Risk(
                    Weight.STOPS_MAIL,
                    f"Mail does not reach all its recipients any more: {code(name)} becomes {code(new)}",
                    "That is a guard for staging.",
                    "Take it out, if this is production.",
                )


def memory_lowered(preview: Preview) -> Iterator[Risk]:
    """A limit below what the relay needs."""
    for relay in workloads(preview):
        old, new = relay.old_memory(), relay.new_memory()
        if new is not None and new < _LEAST_MEBIBYTES and (old is None or new < old):
            yield Risk(
                Weight.STOPS_MAIL,
                f"The relay gets {code(f'{new:g} MiB')} of memory",
                f"Below {_LEAST_MEBIBYTES} MiB, the kernel ends a busy relay in the middle of its "
                "work, again and again.",
                "Leave it at the default, 128 MiB.",
            )


def published(preview: Preview) -> Iterator[Risk]:
    """A port that more hosts reach."""
    for change in preview.of(CONTAINER):
        added = _addresses(change.new.inputs.get("ports")) - _addresses(change.old.inputs.get("ports"))
        if change.operation != "delete" and added:
            yield Risk(
                Weight.OPENS,
                f"The relay listens on {listed([code(address) for address in sorted(added)])}",
                "Hosts outside of this machine reach its port.",
                "Keep it on `127.0.0.1`, or see that a firewall lets only your applications in.",
            )
    for change in preview.of(_SERVICE):
        type_ = change.new.get("spec", "type")
        if type_ in ("LoadBalancer", "NodePort") and change.old.get("spec", "type") != type_:
            yield Risk(
                Weight.OPENS,
                f"The service {code(change.name)} becomes a {code(type_)}",
                "The relay is then reached from outside of the cluster.",
                "Keep it a `ClusterIP`, unless clients outside must send; then name them in "
                "`loadBalancerSourceRanges`.",
            )
    pods = preview.of(*PODS)
    for change in preview.of(_NETWORK_POLICY):
        goes_with_its_pods = bool(pods) and all(pod.operation == "delete" for pod in pods)
        if change.operation == "delete" and not goes_with_its_pods:
            yield Risk(
                Weight.OPENS,
                f"The network policy {code(change.name)} is deleted",
                "Every pod of the cluster reaches the relay, and the relay reaches every server.",
                "Keep it.",
            )


def relay_lost(preview: Preview) -> Iterator[Risk]:
    """A relay that goes without another in its place."""
    relays = [change for change in preview.of(CONTAINER, *PODS) if _is_ours(change)]
    stays = any(change.operation != "delete" for change in relays)
    for change in relays:
        if change.operation == "delete":
            yield Risk(
                Weight.STOPS_MAIL,
                f"The relay {code(change.name)} is deleted",
                "Applications that submit to it are refused"
                + (
                    ", also if another takes its place: that has a name, and perhaps a port, of its own."
                    if stays
                    else "."
                ),
                "Point them elsewhere first. If only a name in the program has changed, add an alias.",
            )


def hidden(preview: Preview) -> Iterator[Risk]:
    """What cannot be told from this preview."""
    for relay in workloads(preview):
        if not relay.is_visible and any(
            path.startswith(("envs", "spec.template")) for path in relay.change.changed
        ):
            yield Risk(
                Weight.LOOK,
                f"The settings of the relay {code(relay.change.name)} change, and this preview hides them",
                "One of a container's variables is secret, so Pulumi hides all of them: which networks and senders are "
                "allowed, where mail goes, and whether TLS is checked cannot be told from it.",
                "Preview with `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true`, or read these settings in "
                "the change itself.",
            )


def _is_ours(change: Change) -> bool:
    return any(parent.startswith("opensmtpd:") for parent in change.parents)


def _visible(preview: Preview) -> list[Workload]:
    return [relay for relay in workloads(preview) if relay.is_visible and relay.change.operation != "same"]


def _items(value: str) -> list[str]:
    return [item for item in (part.strip() for part in value.split(",")) if item]


def _added(relay: Workload, name: str, holds: Callable[[str, str], bool]) -> list[str]:
    """What a list newly lets in. A relay that is created adds only what lets everybody in."""
    old, new = _items(relay.old.get(name, "")), _items(relay.new.get(name, ""))
    if relay.change.operation == "create":
        return [item for item in new if item == "*" or item.endswith("/0")]
    return [item for item in new if not any(holds(known, item) for known in old)]


def _holds_network(known: str, item: str) -> bool:
    try:
        outer, inner = (ipaddress.ip_network(network, strict=False) for network in (known, item))
        # Of one version, which the types cannot tell.
        return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]
    except ValueError:
        return known == item


def _holds_domain(known: str, item: str) -> bool:
    known, item = known.lower(), item.lower()
    return known in ("*", item) or (known.startswith("*.") and item.removeprefix("*.").endswith(known[1:]))


def _is_yes(value: str) -> bool:
    return value.lower() in ("yes", "true", "1", "on")


def _prefixes(relay: Workload) -> list[str]:
    names = {**relay.old, **relay.new}
    return sorted(
        {name.removesuffix("HOST") for name in names if name.startswith("RELAY_") and name.endswith("_HOST")}
    )


def _address(environment: Mapping[str, str], prefix: str) -> str:
    if prefix == "RELAY_" and environment.get("RELAY_PROTO") == "direct":
        return "the recipients' servers"
    if not environment.get(f"{prefix}HOST"):
        return ""
    host, port, proto = (environment.get(f"{prefix}{name}", "") for name in _UPSTREAM)
    proto = proto or "smtp+tls"
    return f"{proto}://{host}:{port or ('465' if proto == 'smtps' else '587')}"


def _addresses(ports: object) -> set[str]:
    """The addresses on which other hosts reach a container."""
    listed_ports = ports if isinstance(ports, list) else []
    return {
        str(port.get("ip") or "0.0.0.0")  # noqa: S104 - what Docker takes
        for port in listed_ports
        if isinstance(port, dict)
    } - set(_LOOPBACK)


RULES = (
    senders_widened,
    verification_off,
    plaintext,
    upstream_changed,
    staging_guard_changed,
    memory_lowered,
    published,
    relay_lost,
    hidden,
)
