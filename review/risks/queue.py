"""What a change does to mail that waits."""

from collections.abc import Iterator

from ..change import State
from ..markdown import code
from ..preview import Preview
from ..risk import Risk, Weight
from ..workload import CONTAINER

_VOLUMES = ("docker:index/volume:Volume", "kubernetes:core/v1:PersistentVolumeClaim")
_STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
_NAMESPACE = "kubernetes:core/v1:Namespace"
_SPOOL = "/var/spool/smtpd"
_EMPTY_FIRST = "Wait until `smtpctl show queue` in the relay is empty, and stop what sends meanwhile."


def queue_lost(preview: Preview) -> Iterator[Risk]:
    """A volume that goes with the mail in it."""
    for change in preview.of(*_VOLUMES):
        if change.is_lost:
            yield Risk(
                Weight.LOSES_MAIL,
                f"The mail queue {code(change.name)} is {'deleted' if change.operation == 'delete' else 'replaced'}",
                "Mail that the relay has taken and not yet handed on is lost, and nobody is told.",
                _EMPTY_FIRST,
            )
    for change in preview.of(_NAMESPACE):
        if change.is_lost:
            yield Risk(
                Weight.LOSES_MAIL,
                f"The namespace {code(change.name)} is {'deleted' if change.operation == 'delete' else 'replaced'}, "
                "and all that is in it",
                "Kubernetes deletes the claims in it too, also those that outlive their pods: mail in them is lost.",
                _EMPTY_FIRST,
            )


def pods_lost(preview: Preview) -> Iterator[Risk]:
    """Pods that go with the mail in their queues, or leave it behind."""
    for change in preview.of(_STATEFUL_SET):
        if (
            change.operation == "delete"
            and change.old.get("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete"
        ):
            yield Risk(
                Weight.LOSES_MAIL,
                f"The relay pods {code(change.name)} are deleted, and their queues with them",
                "`persistentVolumeClaimRetentionPolicy` deletes the claims: mail in them is lost.",
                _EMPTY_FIRST,
            )
        pods = [state.get("spec", "replicas") for state in (change.old, change.new)]
        are_known = all(isinstance(number, int | float) for number in pods)
        if change.operation in ("update", "replace") and are_known and pods[1] < pods[0]:
            yield Risk(
                Weight.LOSES_MAIL,
                f"The relay shrinks from {code(f'{pods[0]:g}')} to {code(f'{pods[1]:g}')} pods",
                "Mail in the queues of the pods that go is not sent until they are there again; after "
                "`OPENSMTPD_EXPIRE` it comes back as undeliverable.",
                "Wait until the queues of those pods are empty.",
            )


def queue_moved(preview: Preview) -> Iterator[Risk]:
    """A relay that looks for its mail elsewhere."""
    for change in preview.of(CONTAINER):
        old, new = _spool(change.old), _spool(change.new)
        if change.operation in ("update", "replace") and old and new != old:
            yield Risk(
                Weight.LOSES_MAIL,
                f"The relay {code(change.name)} no longer has its queue on {code(old)}",
                "Mail that waits there stays there, unsent; "
                + (
                    "it has another volume instead."
                    if new
                    else "without a volume, each new container begins empty."
                ),
                _EMPTY_FIRST,
            )
    for change in preview.of(_STATEFUL_SET):
        if change.operation == "replace" and any(
            "volumeClaimTemplates" in path for path in (*change.changed, *change.reasons)
        ):
            yield Risk(
                Weight.LOSES_MAIL,
                f"The relay pods {code(change.name)} get other claims for their queues",
                "Kubernetes keeps claims of the same name and makes new ones for a new name: mail in "
                "the old ones is then not sent.",
                f"Keep the template's name, and resize the claims themselves. {_EMPTY_FIRST}",
            )


def _spool(state: State) -> str:
    """What is mounted at the queue's place."""
    for volume in state.inputs.get("volumes") or []:
        if isinstance(volume, dict) and volume.get("containerPath") == _SPOOL:
            return str(volume.get("volumeName") or volume.get("hostPath") or "")
    for mount in state.inputs.get("mounts") or []:
        if isinstance(mount, dict) and mount.get("target") == _SPOOL:
            return str(mount.get("source") or "")
    return ""


RULES = (queue_lost, pods_lost, queue_moved)
