"""A relay on Kubernetes, through kubectl, which knows how to log in to the cluster."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..manifests.labels import selector
from ..manifests.pod import QUEUE
from ..relay_container import HEALTH_COMMAND
from . import workload
from .finding import FINE, UNKNOWN, WRONG, Finding
from .workload import RELAY, CannotLook, output_of

_KINDS = "statefulsets,pods,persistentvolumeclaims,networkpolicies"
_UNHEALTHY = "unhealthy: "


def look(name: str, context: str) -> tuple[list[Finding], bool]:
    """What the cluster tells of `namespace/statefulset`, a row for each replica; and whether its logins were tried.

    `context` is one of kubectl's, or empty for the current one.
    """
    namespace, _, stateful_set = name.partition("/")
    kubectl = ("kubectl", *([f"--context={context}"] if context else []), f"--namespace={namespace}")
    labels = ",".join(f"{key}={value}" for key, value in selector(stateful_set).items())
    try:
        found = json.loads(output_of(*kubectl, "get", _KINDS, f"--selector={labels}", "--output=json"))[
            "items"
        ]
    except CannotLook as error:
        advice = "run this where kubectl reaches the cluster, or name its context with --context"
        return [Finding(RELAY, UNKNOWN, str(error), advice)], False
    replicas = [one for one in found if one["kind"] == "StatefulSet"]
    if not replicas:
        advice = "pulumi up --refresh, or name the cluster's context with --context"
        return [Finding(RELAY, WRONG, f"no StatefulSet {name} in this cluster", advice)], False
    pods = [one for one in found if one["kind"] == "Pod"]
    findings, tried = [judge_replicas(name, replicas[0])], bool(pods)
    for pod in sorted(pods, key=lambda one: one["metadata"]["name"]):
        of_pod, pod_tried = workload.look(_Pod(pod, kubectl, replicas[0]["status"].get("updateRevision")))
        pod_name = pod["metadata"]["name"]
        findings += [finding._replace(check=f"{finding.check}, {pod_name}") for finding in of_pod]
        tried = tried and pod_tried
    claims = [one["metadata"]["name"] for one in found if one["kind"] == "PersistentVolumeClaim"]
    findings += judge_claims(stateful_set, replicas[0]["spec"]["replicas"], claims)
    policies = [one for one in found if one["kind"] == "NetworkPolicy"]
    return findings + _look_at_clients(kubectl, let_in(policies)), tried


def _look_at_clients(kubectl: Sequence[str], namespaces: Sequence[str]) -> list[Finding]:
    if not namespaces:
        return []
    try:
        found = output_of(*kubectl, "get", "namespaces", *namespaces, "--ignore-not-found", "--output=name")
    except CannotLook:  # not everyone may look at namespaces
        return []
    return judge_clients(namespaces, [line.removeprefix("namespace/") for line in found.split()])


class _Pod:
    """One replica; see Workload."""

    def __init__(self, pod: Mapping[str, Any], kubectl: Sequence[str], revision: str | None):
        self._pod = pod
        self._revision = revision
        self._kubectl = kubectl
        self._name = pod["metadata"]["name"]

    def state(self) -> tuple[Finding, bool]:
        said = ""
        if (running := _running(self._pod)) and not _is_ready(self._pod):
            try:
                self.run(HEALTH_COMMAND)
            except CannotLook as error:
                said = str(error)
        if not _is_ready(self._pod) and self._is_outdated():
            delete = self._by_hand("delete", "pod", self._name)
            seen = "of an older revision, and cannot send: the update waits for it"
            return Finding(RELAY, WRONG, seen, delete), running
        return judge_pod(self._pod, said, self._by_hand("logs", self._name)), running

    def _is_outdated(self) -> bool:
        # From Kubernetes 1.35 on, a pod that is not available keeps itself from being replaced.
        revision = self._pod["metadata"].get("labels", {}).get("controller-revision-hash")
        return None not in (revision, self._revision) and revision != self._revision

    def run(self, command: Sequence[str]) -> str:
        return output_of(*self._kubectl, "exec", self._name, "--", *command)

    def by_hand(self, command: str) -> str:
        return self._by_hand("exec", self._name, "--", command)

    def _by_hand(self, *words: str) -> str:
        return " ".join([*self._kubectl, *words])


def judge_replicas(name: str, stateful_set: Mapping[str, Any]) -> Finding:
    """`stateful_set` is the object as the API server shows it."""
    wanted, status = stateful_set["spec"]["replicas"], stateful_set["status"]
    ready = status.get("readyReplicas", 0)
    seen = f"{ready} of {wanted} replicas of {name} take mail"
    if ready < wanted:
        return Finding(RELAY, WRONG, seen, "what the rows of its pods say")
    if status.get("updateRevision") != status.get("currentRevision"):
        return Finding(RELAY, UNKNOWN, f"{seen}; an update is under way", "run this again in a minute")
    return Finding(RELAY, FINE, seen)


def judge_pod(pod: Mapping[str, Any], said: str, logs: str) -> Finding:
    """`said` is what the health check in a pod that is not ready says, `logs` how a human reads its log."""
    if _is_ready(pod):
        return Finding(RELAY, FINE, "running, takes mail")
    if _UNHEALTHY in said:
        # The verdict has its own fix: the relay says it in the same line.
        verdict = said.partition(_UNHEALTHY)[2].splitlines()[0]
        return Finding(RELAY, WRONG, verdict, f"as it says; more: {logs}")
    if _running(pod):
        return Finding(RELAY, UNKNOWN, said or "starting", "run this again in a minute")
    for status in pod["status"].get("containerStatuses", []):
        for state in status["state"].values():
            if "reason" in state:
                seen = ": ".join(filter(None, (state["reason"], state.get("message", ""))))
                return Finding(RELAY, WRONG, seen, f"as it says; more: {logs} --previous")
    for condition in pod["status"].get("conditions", []):
        if condition["status"] == "False" and condition.get("message"):
            return Finding(RELAY, WRONG, condition["message"], "as it says")
    return Finding(RELAY, UNKNOWN, pod["status"]["phase"], "run this again in a minute")


def judge_claims(stateful_set: str, replicas: int, claims: Sequence[str]) -> list[Finding]:
    """A row for each of `claims` that belongs to a replica which was removed: mail may wait there for its return."""
    prefix = f"{QUEUE}-{stateful_set}-"
    numbers = sorted(
        int(number)
        for claim in claims
        if claim.startswith(prefix) and (number := claim.removeprefix(prefix)).isdecimal()
    )
    return [
        Finding(
            f"queue, {stateful_set}-{number}",
            UNKNOWN,
            f"the claim {prefix}{number} is kept, and its replica was removed: mail may wait there",
            f"set replicas to {number + 1} until that one's queue is empty, or delete the claim",
        )
        for number in numbers
        if number >= replicas
    ]


def let_in(policies: Sequence[Mapping[str, Any]]) -> list[str]:
    """The namespaces that NetworkPolicies let in by name."""
    return sorted(
        {
            name
            for policy in policies
            for rule in policy["spec"].get("ingress", [])
            for peer in rule.get("from", [])
            for expression in peer.get("namespaceSelector", {}).get("matchExpressions", [])
            for name in expression["values"]
        }
    )


def judge_clients(namespaces: Sequence[str], existing: Sequence[str]) -> list[Finding]:
    """A row for each of `namespaces`, which are let in, that does not exist: a cluster takes any name."""
    return [
        Finding(
            f"clients in {name}",
            UNKNOWN,
            f"the namespace {name} is let in, and does not exist",
            "make it, or correct allowed_namespaces or monitoring",
        )
        for name in namespaces
        if name not in existing
    ]


def _running(pod: Mapping[str, Any]) -> bool:
    return any("running" in status["state"] for status in pod["status"].get("containerStatuses", []))


def _is_ready(pod: Mapping[str, Any]) -> bool:
    return any(status["ready"] for status in pod["status"].get("containerStatuses", []))
