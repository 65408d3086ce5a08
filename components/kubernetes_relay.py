"""KubernetesRelay: the relay as a StatefulSet on any cluster.

How the Kubernetes provider behaves shaped this file; each surprise is named where it is met. What the objects say is in
manifests/, as data.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.core.v1 import Namespace, Secret, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.storage.v1 import StorageClass

from .image.relay.refusals import DIRECT
from .kubernetes_relay_args import KubernetesRelayArgs
from .kubernetes_settings import checked_kubernetes_args, checked_name, require_cluster
from .manifests.availability import autoscaler_spec, disruption_budget_spec
from .manifests.credentials import credential_files
from .manifests.labels import labels, revision_labels
from .manifests.monitoring import API_GROUP, API_VERSION, prometheus_rule_spec, service_monitor_spec
from .manifests.network_policy import network_policy_spec
from .manifests.pod import LEAVE_SECONDS, pod_template
from .manifests.services import pods_service_spec, service_spec
from .manifests.stateful_set import stateful_set_spec
from .relay_container import SMTP_PORT, WAIT_SECONDS, stop_seconds
from .relay_environment import Variables, relay_environment
from .relay_settings import MX_PORT

# What a replica may take beyond its own end to be replaced: a place on a node, its volume, the image.
_REPLACE_SECONDS = 25


class KubernetesRelay(pulumi.ComponentResource):
    """An OpenSMTPD relay on Kubernetes that already holds its upstream's login.

    - a namespace, unless one is named, which enforces the Pod Security level `baseline`
    - a StatefulSet: replicas over nodes and zones, each with a volume for its queue, that stays when it goes
    - a Service `<name>`, and a headless one `<name>-pods` with the replicas' own names
    - a Secret with all that is secret, mounted as files; a ServiceAccount without a token
    - a NetworkPolicy that lets in the named pods only, and lets out DNS and the upstream's port only
    - a PodDisruptionBudget; on request a HorizontalPodAutoscaler, a ServiceMonitor and a PrometheusRule

    A pod is started when mail can leave, with a login that works, and ready from then on while it takes mail: during an
    outage of the upstream the mail waits in the queues.

    A changed setting or credential replaces the replicas one by one, each when the one before it can send. With a
    credential that does not work the update stops at the first and fails; the others go on with the old Secret, which
    is deleted only at the end of an update that succeeds. What is changed in the Secret itself, without Pulumi, a
    running relay takes over within about a minute.

    Which cluster is the provider's matter: pass a `pulumi_kubernetes.Provider`, or configure `kubernetes:context` or
    `kubernetes:kubeconfig`. Without any of them it raises InvalidArgument, and takes no cluster by chance.
    """

    smtp_address: pulumi.Output[str]
    """`host:port` to which applications submit mail: the Service's name, or the load balancer's address."""
    workload: pulumi.Output[str]
    """`namespace/statefulset`."""

    def __init__(self, name: str, args: KubernetesRelayArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:KubernetesRelay", name, {}, opts)
        require_cluster(self.get_provider("kubernetes:core/v1:Namespace"))
        self._name = checked_name(name)
        self._args = args = checked_kubernetes_args(args)
        self._with_submission = bool(args["options"].get("submission_logins"))
        environment = relay_environment("KubernetesRelay", args)
        self._grace_seconds = stop_seconds(args["options"]).apply(lambda seconds: seconds + LEAVE_SECONDS)

        self._namespace = self._find_or_create_namespace()
        credentials = self._create_credentials(environment)
        account = self._create_service_account()
        services = self._create_services()
        policy = self._create_network_policy(environment)
        stateful_set = self._create_stateful_set(environment, credentials, account, services[1], policy)
        self._create_disruption_budget(stateful_set)
        self._create_autoscaler(stateful_set)
        self._create_monitoring()

        self.smtp_address = self._smtp_address(services[0])
        self.workload = pulumi.Output.format("{0}/{1}", self._namespace, stateful_set.metadata["name"])
        self.register_outputs({"smtp_address": self.smtp_address, "workload": self.workload})

    def _find_or_create_namespace(self) -> pulumi.Input[str]:
        given = self._args.get("namespace")
        if given is None:
            metadata = {
                "name": self._name,
                # `restricted` would refuse root and the capabilities; relay_container.py says why they are needed.
                "labels": labels(self._name) | {"pod-security.kubernetes.io/enforce": "baseline"},
            }
            opts = self._child(protect=self._args.get("protect"))
            return Namespace(self._name, metadata=metadata, opts=opts).metadata["name"]
        # The provider tries for a minute to create something where no namespace is; this fails in the preview. But not
        # for an Output: one that the same program makes is not there yet.
        if not isinstance(given, pulumi.Output):
            Namespace.get(f"{self._name}-namespace", given, self._child())
        return given

    def _create_credentials(self, environment: Variables) -> pulumi.Input[str] | None:
        files = credential_files(environment)
        if not files:
            return None
        # Without a name of its own: a changed content gets another name, so that the pods are replaced in order, and
        # the old one stays until they are. Under one name the provider would delete first, and wait for nobody.
        secret = Secret(
            f"{self._name}-credentials",
            metadata=self._metadata(named=False),
            string_data=files,
            opts=self._child(),
        )
        return secret.metadata["name"]

    def _create_service_account(self) -> pulumi.Input[str]:
        pull_secrets = pulumi.Output.from_input(self._args.get("pull_secrets") or [])
        account = ServiceAccount(
            self._name,
            metadata=self._metadata(),
            automount_service_account_token=False,
            image_pull_secrets=pull_secrets.apply(lambda names: [{"name": name} for name in names]),
            opts=self._child(),
        )
        return account.metadata["name"]

    def _create_services(self) -> tuple[Service, Service]:
        service_type = self._args["service_type"]
        annotations = pulumi.Output.from_input(self._args.get("service_annotations") or {})
        if service_type == "ClusterIP":
            # The provider would wait for ten seconds more, and then for the pods, which the StatefulSet does anyway.
            annotations = annotations.apply(lambda given: {"pulumi.com/skipAwait": "true"} | dict(given))
        service = Service(
            self._name,
            metadata=self._metadata(annotations=annotations),
            spec=service_spec(
                self._name,
                service_type=service_type,
                client_networks=self._client_networks(),
                with_submission=self._with_submission,
            ),
            opts=self._child(),
        )
        pods = Service(
            f"{self._name}-pods",
            metadata=self._metadata(f"{self._name}-pods"),
            spec=pods_service_spec(self._name, metrics_port=self._args["options"]["metrics_port"]),
            opts=self._child(),
        )
        return service, pods

    def _create_network_policy(self, environment: Variables) -> NetworkPolicy:
        args = self._args
        known = pulumi.Output.all(
            namespace=self._namespace,
            allowed_namespaces=args.get("allowed_namespaces") or [],
            allowed_labels=args.get("allowed_labels") or {},
            client_networks=self._client_networks(),
            metrics_port=args["options"]["metrics_port"],
            monitoring_namespace=(args.get("monitoring") or {}).get("namespace", ""),
            upstream_ports=_upstream_ports(environment),
        )
        return NetworkPolicy(
            self._name,
            metadata=self._metadata(),
            spec=known.apply(
                lambda values: network_policy_spec(
                    self._name, with_submission=self._with_submission, **values
                )
            ),
            opts=self._child(),
        )

    def _create_stateful_set(
        self,
        environment: Variables,
        credentials: pulumi.Input[str] | None,
        account: pulumi.Input[str],
        pods_service: Service,
        policy: NetworkPolicy,
    ) -> StatefulSet:
        args = self._args
        template = pod_template(
            self._name,
            image=args["image"],
            environment=environment,
            credentials=credentials,
            service_account=account,
            metrics_port=args["options"]["metrics_port"],
            with_submission=self._with_submission,
            memory=args["memory"],
            cpu=args["cpu"],
            grace_seconds=self._grace_seconds,
        )
        self._revision = pulumi.Output.json_dumps(template, sort_keys=True).apply(_digest)
        # Not in place: the digest of what holds the digest would never be known.
        metadata = template["metadata"]
        metadata = {**metadata, "labels": metadata["labels"] | revision_labels(self._name, self._revision)}
        return StatefulSet(
            self._name,
            # A name of its own: under another one it would not find the queues again.
            metadata=self._metadata(
                annotations={
                    "pulumi.com/timeoutSeconds": self._rollout_seconds(),
                    # Else an update fails after somebody, or an autoscaler that there is no more, has set the replicas.
                    "pulumi.com/patchForce": "true",
                }
            ),
            spec=stateful_set_spec(
                self._name,
                service=pods_service.metadata["name"],
                replicas=args["replicas"],
                template={**template, "metadata": metadata},
                storage_size=args["storage_size"],
                storage_class=self._find_storage_class(),
            ),
            opts=self._child(
                # No pod before there is a policy for it.
                depends_on=[policy],
                # An autoscaler begins with that many, and then decides alone.
                ignore_changes=["spec.replicas"] if "autoscaling" in args else None,
            ),
        )

    def _find_storage_class(self) -> pulumi.Input[str] | None:
        given = self._args.get("storage_class")
        # One that does not exist, the cluster reports only as a volume that is never bound.
        if given is not None and not isinstance(given, pulumi.Output):
            StorageClass.get(f"{self._name}-storage", given, self._child())
        return given

    def _create_disruption_budget(self, stateful_set: StatefulSet) -> None:
        """The budget, which is also what `pulumi up` waits for: every replica is of this revision, and can send.

        For an update of a StatefulSet the provider does not wait: it compares the new generation with the status of the
        old one. So each revision has a budget of its own, whose status begins empty.
        """
        max_unavailable = pulumi.Output.from_input(self._args["max_unavailable"])
        waiting = {
            "pulumi.com/waitFor": max_unavailable.apply(
                lambda most: f"jsonpath={{.status.disruptionsAllowed}}={most}"
            ),
            "pulumi.com/timeoutSeconds": self._rollout_seconds(),
        }
        PodDisruptionBudget(
            self._name,
            # Without a name of its own: the one of the revision before stays until this one is complete.
            metadata=self._metadata(annotations=waiting, named=False),
            spec=disruption_budget_spec(self._name, self._revision, max_unavailable),
            opts=self._child(depends_on=[stateful_set], replace_on_changes=["spec"]),
        )

    def _rollout_seconds(self) -> pulumi.Output[str]:
        """How long all replicas may take to be replaced one after the other, and to be able to send."""
        most = self._args.get("autoscaling", {}).get("max_replicas", self._args["replicas"])
        return pulumi.Output.all(most, self._grace_seconds).apply(
            lambda known: str(WAIT_SECONDS + known[0] * (known[1] + _REPLACE_SECONDS))
        )

    def _create_autoscaler(self, stateful_set: StatefulSet) -> None:
        autoscaling = self._args.get("autoscaling")
        if autoscaling is None:
            return
        HorizontalPodAutoscaler(
            self._name,
            metadata=self._metadata(),
            spec=autoscaler_spec(
                stateful_set.metadata["name"],
                min_replicas=self._args["replicas"],
                max_replicas=autoscaling["max_replicas"],
                cpu=autoscaling.get("cpu"),
                queue_age=autoscaling.get("queue_age"),
            ),
            opts=self._child(),
        )

    def _create_monitoring(self) -> None:
        monitoring = self._args.get("monitoring") or {}
        wanted = monitoring.get("labels")
        if not wanted:
            return
        specs = {"ServiceMonitor": service_monitor_spec(self._name), "PrometheusRule": prometheus_rule_spec()}
        for kind, spec in specs.items():
            # Without the kind a preview passes, and the update fails in the end. But with an Output, the program may be
            # installing the operator itself.
            if not isinstance(monitoring["namespace"], pulumi.Output):
                self._find_kind(kind)
            CustomResource(
                self._name,
                api_version=API_VERSION,
                kind=kind,
                metadata=self._metadata(more_labels=wanted),
                spec=spec,
                opts=self._child(),
            )

    def _find_kind(self, kind: str) -> None:
        plural = f"{kind.lower()}s"
        CustomResource.get(
            f"{self._name}-{plural}",
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            f"{plural}.{API_GROUP}",
            self._child(),
        )

    def _smtp_address(self, service: Service) -> pulumi.Output[str]:
        if self._args["service_type"] == "LoadBalancer":
            return service.status.apply(_load_balancer_address)
        # Without the cluster's own domain, which pods know and programs do not.
        metadata = service.metadata
        return pulumi.Output.format("{0}.{1}.svc:{2}", metadata["name"], metadata["namespace"], SMTP_PORT)

    def _client_networks(self) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
        """From where clients outside of the cluster come."""
        return self._args["allowed_networks"] if self._args["service_type"] == "LoadBalancer" else []

    def _metadata(
        self,
        name: str = "",
        annotations: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        more_labels: Mapping[str, pulumi.Input[str]] | None = None,
        named: bool = True,
    ) -> dict[str, Any]:
        return {
            **({"name": name or self._name} if named else {}),
            "namespace": self._namespace,
            "labels": labels(self._name) | dict(more_labels or {}),
            **({"annotations": annotations} if annotations is not None else {}),
        }

    def _child(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **options)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _upstream_ports(environment: Variables) -> pulumi.Output[list[int]]:
    """The ports that the upstreams of the relay are reached at."""
    prefixes = [name.removesuffix("PROTO") for name in environment if name.endswith("_PROTO")]
    ports = [
        pulumi.Output.all(environment[f"{prefix}PROTO"], environment.get(f"{prefix}PORT", "")).apply(
            lambda known: MX_PORT if known[0] == DIRECT else int(known[1])
        )
        for prefix in prefixes
    ]
    return pulumi.Output.all(*ports)


def _load_balancer_address(status: Any) -> str:
    """The address that the provider has waited for; nothing in the preview that makes it."""
    ingress = status and status.load_balancer and status.load_balancer.ingress
    return f"{ingress[0].hostname or ingress[0].ip}:{SMTP_PORT}" if ingress else ""
