"""What of the relay restarts in an update, and for how long."""

from collections.abc import Iterator

from .change import Change
from .markdown import code
from .preview import Preview
from .workload import CONTAINER, PODS, pod_template

# Docker's and Kubernetes' own:
# https://docs.docker.com/reference/cli/docker/container/stop/
# https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
_DOCKER_GRACE_SECONDS = 0
_POD_GRACE_SECONDS = 30


def interruptions(preview: Preview) -> list[str]:
    """One sentence for each, in Markdown."""
    return [*_of_containers(preview), *_of_pods(preview)]


def _of_containers(preview: Preview) -> Iterator[str]:
    for change in preview.of(CONTAINER):
        if change.operation == "replace":
            grace = change.old.get("destroyGraceSeconds") or _DOCKER_GRACE_SECONDS
            limit = change.new.get("waitTimeout") if change.new.get("wait") else None
            yield (
                f"The container {code(change.name)} is replaced. Nobody takes mail from its end (up "
                f"to {grace:g} s, in which "
                "queued mail still leaves) until the new one has started, some seconds later: "
                "applications are refused and "
                "must try again. Mail in the queue waits."
                + (
                    f" The update waits up to {limit:g} s until the new one can send, and fails if it cannot."
                    if limit
                    else ""
                )
            )


def _of_pods(preview: Preview) -> Iterator[str]:
    for change in preview.of(*PODS):
        grace = pod_template(change.old).get("terminationGracePeriodSeconds") or _POD_GRACE_SECONDS
        replicas = change.new.get("spec", "replicas") or 1
        if change.operation == "replace":
            yield (
                f"The pods {code(change.name)} are all replaced. Nobody takes mail from their end (up "
                f"to {grace} s) until the first new one is ready: applications are refused and must try again. "
                "Mail in the queues waits."
            )
        elif change.operation == "update" and _restarts(change):
            yield (
                f"The pods {code(change.name)} restart one after the other, each up to {grace} s after it is told to. "
                + (
                    f"The other {replicas - 1:g} take mail meanwhile."
                    if replicas > 1
                    else "There is one only: meanwhile applications are refused and must try again. Queued mail waits."
                )
            )


def _restarts(change: Change) -> bool:
    return any(path.startswith("spec.template") for path in change.changed)
