"""Reads what `pulumi preview --json` prints, in both of its forms.

The digest is one object, printed at the end. With PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true it is one event a line,
and these have outputs and the violations of policies too.
https://github.com/pulumi/pulumi/blob/master/pkg/display/json.go
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .change import Change, State
from .preview import Preview, Violation
from .scrubber import Scrubber

_HOW = "pipe `pulumi preview --json` in, of Pulumi 3"

# https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step.go
_OPERATIONS = {
    "same": "same",
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import-replacement": "replace",
    "read-replacement": "same",
    "discard-replaced": "same",
    "remove-pending-replace": "same",
    "delete": "delete",
    # What the stack only reads is not its own.
    "read": "same",
    "refresh": "same",
    "discard": "same",
}
# Steps that are parts of a replacement, which is one change.
_PARTS = (
    "create-replacement",
    "delete-replaced",
    "import-replacement",
    "read-replacement",
    "discard-replaced",
)

# What Pulumi says after it has said what is wrong.
_AFTERMATH = ("preview failed", "an unhandled error occurred: program exited with non-zero exit code")


class InvalidPreview(Exception):
    """What was piped in is no preview, or not all of one."""

    def __init__(self, problem: str):
        super().__init__(f"standard input {problem}: {_HOW}")


def read(text: str) -> Preview:
    """The preview. Raises InvalidPreview for what is none, or only the beginning of one."""
    if not text.strip():
        raise InvalidPreview("is empty")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    try:
        if isinstance(document, dict) and "sequence" not in document:
            return _read_digest(document)
        return _read_events(_parsed_lines(text))
    except (AttributeError, KeyError, TypeError, ValueError):
        # Of another shape than Pulumi's, in a place that does not matter more than others.
        raise InvalidPreview("is JSON, but of no preview") from None


def _parsed_lines(text: str) -> list[dict[str, Any]]:
    events = []
    for number, line in enumerate(filter(str.strip, text.splitlines()), 1):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            if number == 1:
                raise InvalidPreview("is no JSON, or only the beginning of it") from None
            raise InvalidPreview(f"is cut off in line {number}") from None
        if not isinstance(event, dict) or "sequence" not in event:
            raise InvalidPreview("is JSON, but of no preview")
        events.append(event)
    return events


def _read_digest(digest: dict[str, Any]) -> Preview:
    steps, diagnostics = digest.get("steps", []), digest.get("diagnostics", [])
    if (
        not digest.keys() & {"steps", "diagnostics"}
        or not _are_objects(steps)
        or not _are_objects(diagnostics)
    ):
        raise InvalidPreview("is JSON, but of no preview")
    scrub = Scrubber(digest)
    changes = _one_each(_change(step, step.get("oldState"), step.get("newState"), scrub) for step in steps)
    errors = _errors(diagnostics, scrub)
    counts = digest.get("changeSummary")
    if counts is None and not errors:
        raise InvalidPreview("has no summary of changes, so it is not all of a preview")
    if counts and not errors:
        _check_complete(counts, changes)
    return Preview(_stack(steps), changes, errors, has_outputs=False)


def _read_events(events: list[dict[str, Any]]) -> Preview:
    scrub = Scrubber(events)
    steps = [event["resourcePreEvent"] for event in events if "resourcePreEvent" in event]
    steps += [event["resOutputsEvent"] for event in events if "resOutputsEvent" in event]
    if not _are_objects([step.get("metadata") if isinstance(step, dict) else None for step in steps]):
        raise InvalidPreview("is JSON, but of no preview")
    metadata = [step["metadata"] for step in steps]
    changes = _one_each(_change(step, step.get("old"), step.get("new"), scrub) for step in metadata)
    diagnostics = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
    errors = _errors(diagnostics, scrub)
    errors += tuple(
        scrub.text(str(event["errorEvent"].get("error"))) for event in events if "errorEvent" in event
    )
    summaries = [event["summaryEvent"] for event in events if "summaryEvent" in event]
    if not summaries and not errors:
        raise InvalidPreview("ends before the summary of changes, so it is not all of a preview")
    violations = tuple(
        Violation(
            policy=str(event["policyEvent"].get("policyName")),
            message=scrub.text(str(event["policyEvent"].get("message"))),
            is_mandatory=event["policyEvent"].get("enforcementLevel") != "advisory",
        )
        for event in events
        if "policyEvent" in event
    )
    if errors and all(error.startswith(_AFTERMATH) for error in errors) and violations:
        errors = ()
    if summaries and summaries[-1].get("result") == "failed" and not errors and not violations:
        errors = ("The preview failed, and did not say why.",)
    if summaries and not errors:
        _check_complete(summaries[-1].get("resourceChanges") or {}, changes)
    return Preview(_stack(metadata), changes, errors, violations)


def _are_objects(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def _change(step: Mapping[str, Any], old: Any, new: Any, scrub: Scrubber) -> tuple[str, Change]:
    """The operation as Pulumi has it, and the change."""
    operation, urn = step.get("op"), step.get("urn")
    if not isinstance(operation, str) or operation not in _OPERATIONS:
        raise InvalidPreview(f"has the operation {operation!r}, which this program does not know")
    if not isinstance(urn, str) or urn.count("::") < 3:
        raise InvalidPreview("has a step without the URN of its resource")
    *place, name = urn.split("::", 3)
    return operation, Change(
        operation=_OPERATIONS[operation],
        urn="::".join([*place, scrub.value(name)]),
        old=_state(old, scrub),
        new=_state(new, scrub),
        changed=tuple((step.get("detailedDiff") or {}) or step.get("diffReasons") or step.get("diffs") or ()),
        reasons=tuple(step.get("replaceReasons") or step.get("keys") or ()),
        is_custom=bool((new or old or {}).get("custom")) and not urn.split("::")[2].startswith("pulumi:"),
    )


def _state(state: Any, scrub: Scrubber) -> State:
    if not isinstance(state, Mapping):
        return State()
    return State(
        inputs=_properties(state.get("inputs"), scrub),
        outputs=_properties(state.get("outputs"), scrub),
        is_protected=bool(state.get("protect")),
        is_retained=bool(state.get("retainOnDelete")),
    )


def _properties(properties: Any, scrub: Scrubber) -> Mapping[str, Any]:
    return scrub.value(properties) if isinstance(properties, dict) else {}


def _one_each(steps: Iterable[tuple[str, Change]]) -> tuple[Change, ...]:
    """One change for each resource: the last that is known of it, and of a replacement the whole."""
    changes: dict[str, Change] = {}
    for operation, change in steps:
        known = changes.get(change.urn)
        if known is None or operation not in _PARTS:
            changes[change.urn] = change
    return tuple(changes.values())


def _errors(diagnostics: Sequence[Mapping[str, Any]], scrub: Scrubber) -> tuple[str, ...]:
    errors = [
        scrub.text(str(diagnostic.get("message")).strip().removeprefix("error: "))
        for diagnostic in diagnostics
        if diagnostic.get("severity") == "error"
    ]
    return tuple(error for error in errors if not error.startswith(_AFTERMATH)) or tuple(errors)


def _stack(steps: Iterable[Mapping[str, Any]]) -> str:
    for step in steps:
        stack, project, *_ = step["urn"].removeprefix("urn:pulumi:").split("::")
        return f"{project}/{stack}"
    return ""


def _check_complete(counts: Any, changes: Iterable[Change]) -> None:
    """Raise InvalidPreview when the changes are not those that the preview has counted."""
    counted: Counter[str] = Counter()
    for operation, number in counts.items():
        counted[_OPERATIONS.get(operation, operation)] += number
    listed = Counter(change.operation for change in changes)
    for operation in ("create", "update", "replace", "delete"):
        if counted[operation] != listed[operation]:
            raise InvalidPreview(
                f"has {listed[operation]} of {counted[operation]} resources to {operation}, so it is "
                "not all of a preview"
            )
