"""The arguments of KubernetesRelay with their defaults, checked: as values now, as Outputs when they are known."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .arguments import InvalidArgument, check_keys, checked, checked_args
from .image.relay.invalid_setting import InvalidSetting
from .kubernetes_checks import KUBERNETES_CHECKS, check_name
from .kubernetes_relay_args import AutoscalingArgs, KubernetesRelayArgs, MonitoringArgs

_COMPONENT = "KubernetesRelay"
_METRICS_PORT = 9000
_DEFAULTS = {
    "replicas": 2,
    "service_type": "ClusterIP",
    "storage_size": "1Gi",
    "memory": "128Mi",
    "cpu": "100m",
}
_AUTOSCALING_CPU = 70

# Where pods have their addresses: https://www.rfc-editor.org/rfc/rfc1918, rfc6598 (EKS, GKE), rfc4193. Which of them
# may send is the NetworkPolicy's matter: a pod sees of the cluster's networks at most its own node's.
_PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]


def require_cluster(provider: pulumi.ProviderResource | None) -> None:
    """Raise InvalidArgument where neither a provider nor the configuration says which cluster it is."""
    config = pulumi.Config("kubernetes")
    if not (provider or config.get("context") or config.get("kubeconfig")):
        # Otherwise it would be whichever cluster kubectl talks to at the moment.
        reason = "is missing: pass a pulumi_kubernetes.Provider in the options, or set kubernetes:context"
        raise InvalidArgument(_COMPONENT, "provider", reason)


def checked_name(name: str) -> str:
    """Return the component's name, which its objects have too. Raises InvalidArgument."""
    return checked(_COMPONENT, "name", name, check_name)


def checked_kubernetes_args(args: KubernetesRelayArgs) -> dict[str, Any]:
    """Return `args` checked and with defaults; `max_unavailable` is what `replicas` and `min_available` come to.

    The upstream and the options are relay_environment's matter.

    Plain values raise InvalidArgument at once, Outputs as soon as they are known: in a preview, if they can be.
    """
    args = checked_args(_COMPONENT, args, KubernetesRelayArgs)
    values: dict[str, Any] = _DEFAULTS | {key: value for key, value in args.items() if value is not None}
    values |= {
        key: checked(_COMPONENT, key, values[key], KUBERNETES_CHECKS[key])
        for key in KUBERNETES_CHECKS.keys() & values.keys()
    }
    if values["service_type"] == "LoadBalancer" and not values.get("allowed_networks"):
        reason = "is missing: with the service_type LoadBalancer, name the networks of your clients"
        raise InvalidArgument(_COMPONENT, "allowed_networks", reason)
    values["allowed_networks"] = values.get("allowed_networks") or _PRIVATE_NETWORKS
    values["options"] = {"metrics_port": _METRICS_PORT, **(values.get("options") or {})}
    both = [values.pop("min_available", None), values["replicas"]]
    values["max_unavailable"] = checked(_COMPONENT, "min_available", both, _max_unavailable)
    if "autoscaling" in values:
        values["autoscaling"] = _checked_autoscaling(values["autoscaling"], values["replicas"])
    if "monitoring" in values:
        values["monitoring"] = _checked_monitoring(values["monitoring"])
    return values


def _max_unavailable(both: Sequence[int | None]) -> int:
    min_available, replicas = both
    if min_available is None:
        return 1
    if min_available < replicas:
        return replicas - min_available
    problem = f"is not below the {replicas} of replicas, so that no node could be drained"
    raise InvalidSetting("min_available", problem, "lower it, or raise replicas", str(min_available))


def _checked_autoscaling(autoscaling: AutoscalingArgs, replicas: pulumi.Input[int]) -> AutoscalingArgs:
    component = f"{_COMPONENT} autoscaling"
    check_keys(component, autoscaling, AutoscalingArgs)
    checks = {**KUBERNETES_CHECKS, "cpu": KUBERNETES_CHECKS["cpu_percent"]}
    found = {key: checked(component, key, value, checks[key]) for key, value in autoscaling.items()}
    both = [found["max_replicas"], replicas]
    found["max_replicas"] = checked(component, "max_replicas", both, _check_range)
    if "cpu" not in found and "queue_age" not in found:
        found["cpu"] = _AUTOSCALING_CPU
    return AutoscalingArgs(**found)


def _check_range(both: Sequence[int]) -> int:
    max_replicas, replicas = both
    if max_replicas >= replicas:
        return max_replicas
    problem = f"is below the {replicas} of replicas, which are the least"
    raise InvalidSetting("max_replicas", problem, "raise it, or lower replicas", str(max_replicas))


def _checked_monitoring(monitoring: Mapping[str, Any]) -> MonitoringArgs:
    component = f"{_COMPONENT} monitoring"
    check_keys(component, monitoring, MonitoringArgs)
    namespace = checked(component, "namespace", monitoring["namespace"], KUBERNETES_CHECKS["namespace"])
    return MonitoringArgs(**{**monitoring, "namespace": namespace})
