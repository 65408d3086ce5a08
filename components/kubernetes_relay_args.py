"""What KubernetesRelay is told."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from .relay_args import RelayArgs
from .relay_options import RelayOptions


class AutoscalingArgs(TypedDict):
    """When replicas are added and removed. Give `queue_age`, or `cpu`, or neither for a `cpu` of 70."""

    max_replicas: pulumi.Input[int]
    """The most replicas. The least are `replicas`."""
    cpu: NotRequired[pulumi.Input[int]]
    """The CPU time to aim for, in per cent of what is requested. Needs the cluster's metrics server."""
    queue_age: NotRequired[pulumi.Input[int]]
    """The age of the oldest waiting message to aim for, in seconds, on average over the replicas. Needs an adapter that
    offers the metric `opensmtpd_queue_oldest_message_age_seconds` of pods, such as prometheus-adapter."""


class MonitoringArgs(TypedDict):
    """Who reads the metrics."""

    namespace: pulumi.Input[str]
    """The namespace that Prometheus runs in: its pods may read the metrics. One that does not exist is no error."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """The labels by which a Prometheus of the Prometheus operator finds ServiceMonitors and PrometheusRules. One of
    each is made then, and the cluster must have these kinds: a preview looks for them, unless `namespace` is an Output,
    as that of an operator that the same program installs. Defaults to making neither."""


class KubernetesArgs(TypedDict):
    """How the relay runs on Kubernetes. All but the image has a default.

    Quantities are written as Kubernetes does: `128Mi`, `1Gi`, `100m`.
    """

    image: pulumi.Input[str]
    """An image that was built from `components/image`, under a name that the nodes can pull or already have."""
    namespace: NotRequired[pulumi.Input[str]]
    """The namespace to run in, which exists: a preview looks for it, unless it is given as an Output, as that of a
    Namespace of the same program is. Defaults to making one that is called as the component."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete or replace the namespace that is made: the queues go with it. Defaults to
    `False`."""
    replicas: NotRequired[pulumi.Input[int]]
    """How many relays run, each with a queue of its own. Defaults to `2`."""
    min_available: NotRequired[pulumi.Input[int]]
    """How many replicas stay when nodes are drained; fewer than `replicas`. Defaults to all but one."""
    autoscaling: NotRequired[AutoscalingArgs]
    """Adds and removes replicas by load. Defaults to none."""
    allowed_namespaces: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The namespaces whose pods reach the relay; `["*"]` is all of them. One that does not exist is no error: it may
    come later. Defaults to the relay's own."""
    allowed_labels: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Labels that these pods must have. Defaults to none."""
    service_type: NotRequired[str]
    """`ClusterIP`, or `LoadBalancer` for clients outside of the cluster too. `allowed_networks` must be given then:
    their networks, and the pods' if these send too. Defaults to `ClusterIP`."""
    service_annotations: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Annotations of the Service, as the cloud's load balancer wants them. Defaults to none."""
    storage_class: NotRequired[pulumi.Input[str]]
    """The storage class of the queues' volumes; a preview looks for it, unless it is an Output. Defaults to the
    cluster's default."""
    storage_size: NotRequired[pulumi.Input[str]]
    """The size of each queue's volume. Defaults to `1Gi`."""
    memory: NotRequired[pulumi.Input[str]]
    """The memory that each replica gets, at least `64Mi`: request and limit. Defaults to `128Mi`."""
    cpu: NotRequired[pulumi.Input[str]]
    """The CPU that each replica is sure of: the request. There is no limit. Defaults to `100m`."""
    pull_secrets: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Names of Secrets of the namespace with logins for the image's registry. Defaults to none."""
    monitoring: NotRequired[MonitoringArgs]
    """Lets Prometheus in. Defaults to nobody but the nodes themselves."""


class KubernetesRelayArgs(KubernetesArgs, RelayArgs):
    """Arguments of KubernetesRelay."""

    allowed_networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Networks whose clients may send, in CIDR form. Defaults to all private ones, where pods have their addresses."""
    hostname: NotRequired[pulumi.Input[str]]
    """The name that the relay greets with. Defaults to the pod's."""
    options: NotRequired[RelayOptions]
    """How the relay treats mail, waits, and reports. `metrics_port` defaults to `9000` here."""
