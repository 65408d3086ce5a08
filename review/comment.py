"""The comment that a reviewer decides from."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from . import dns_records, risks
from .change import Change
from .interruptions import interruptions
from .markdown import block, code, counted, listed, plain, shortened, table
from .preview import Preview, Violation
from .risk import Risk, Weight
from .things import component_of, thing

# GitHub takes 65,536 characters. Bytes are never fewer, and the rest is for the lines that tell of a cut.
_MOST_BYTES = 64_000
_MOST_THINGS = 12
_LONGEST_ERROR = 4_000

_OPERATIONS = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
_WEIGHTS = {
    Weight.STOPS_MAIL: "Stops mail",
    Weight.LOSES_MAIL: "Loses mail",
    Weight.OPENS: "Opens",
    Weight.CHANGES_MAIL: "Changes mail",
    Weight.LOOK: "Look",
}
_VERDICTS = {
    Weight.STOPS_MAIL: "Mail stops, for some time or for good, if this is merged as it is.",
    Weight.LOSES_MAIL: "Mail that waits in the queue is lost or stranded if this is merged as it is.",
    Weight.OPENS: "Mail goes on, and somebody may do or read what they could not before.",
    Weight.CHANGES_MAIL: "Mail goes on, in another way than before.",
}


@dataclass(frozen=True)
class _Section:
    """Lines that belong together; `items` may be cut, the others not."""

    head: Sequence[str]
    items: Sequence[str]
    tail: Sequence[str] = field(default_factory=tuple)


def comment(preview: Preview, stack: str = "") -> str:
    """The comment in Markdown. `stack`, as `project/stack`, is for a preview that ended before it said so itself."""
    stack = preview.stack or stack
    found = risks.find(preview)
    head = [
        marker(stack),
        f"### Mail: {plain(stack) if stack else 'preview'}",
        "",
        f"**{_verdict(preview, found)}**",
        "",
    ]
    sections = [
        _errors(preview),
        _violations(preview),
        _risks(found),
        *_records(preview),
        _changes(preview),
        _interruptions(preview),
        _what_is_missing(preview),
    ]
    return _fitted(head, [section for section in sections if section])


def marker(stack: str) -> str:
    """The line, unseen on GitHub, by which a stack's comment is found again."""
    # What could end the comment is in escapes: two hyphens, and all that is no letter, digit or hyphen.
    return f"<!-- mail-relay preview of {quote(stack).replace('--', '-%2D')} -->"


def _verdict(preview: Preview, found: list[Risk]) -> str:
    if preview.errors:
        return "The preview failed: what this change does to mail is not known."
    if any(violation.is_mandatory for violation in preview.violations):
        return "A policy forbids this change: `pulumi up` will refuse it."
    changes = _changing(preview)
    if found and found[0].weight in _VERDICTS:
        return _VERDICTS[found[0].weight]
    if not changes:
        if any(domain.changes for domain in dns_records.manual(preview)):
            return "Only DNS records that you add by hand change."
        return "Nothing changes: mail flows as before."
    if all(change.operation == "create" for change in changes) and not any(
        change.operation == "same" and change.is_custom for change in preview.changes
    ):
        return "A new stack: nothing that sends mail now is touched."
    if interruptions(preview):
        return "Mail waits for some seconds while the relay restarts; none is lost."
    return f"Mail flows as before; {counted(len(changes), 'resource')} {'changes' if len(changes) == 1 else 'change'}."


def _changing(preview: Preview) -> list[Change]:
    return [change for change in preview.changes if change.is_custom and change.operation in _OPERATIONS]


def _errors(preview: Preview) -> _Section | None:
    lines = [line for error in preview.errors for line in shortened(error, _LONGEST_ERROR).splitlines()]
    if not lines:
        return None
    head, *items, tail = block(lines)
    return _Section(["#### What Pulumi says", "", head], items, [tail, ""])


def _violations(preview: Preview) -> _Section | None:
    ordered = sorted(preview.violations, key=lambda violation: (not violation.is_mandatory, violation.policy))
    items = [
        f"- **{'Forbidden' if violation.is_mandatory else 'Advice'}** by {plain(violation.policy)}: {_said(violation)}"
        for violation in ordered
    ]
    return _Section(["#### Policies", ""], items, [""]) if items else None


def _said(violation: Violation) -> str:
    """What is wrong, and then why that is, which Pulumi puts in front of it."""
    *reasons, problem = violation.message.strip().splitlines() or [""]
    return f"{plain(problem)} {plain(' '.join(reasons)) if reasons else ''}".rstrip()


def _risks(found: list[Risk]) -> _Section | None:
    items = [
        f"{number}. **{_WEIGHTS[risk.weight]}: {risk.title}.** {risk.why} *To do:* {risk.to_do}"
        for number, risk in enumerate(found, 1)
    ]
    return _Section(["#### Risks", ""], items, [""]) if items else None


def _records(preview: Preview) -> Iterable[_Section]:
    if preview.errors:
        return
    for domain in dns_records.manual(preview):
        if not domain.are_known:
            yield _Section(
                ["#### DNS records", ""],
                [
                    "The domain's records are not known before the update, in which SES makes the "
                    "DKIM tokens. Add them "
                    "then, from the output `dnsRecords`; `make doctor` tells which are missing."
                ],
                [""],
            )
            continue
        to_paste = [
            line for record in domain.changes if record.new for line in (f"; {record.why}", record.line)
        ]
        if to_paste:
            head, *items, tail = block(to_paste)
            text = "Add or change them at your DNS provider before this is merged:"
            yield _Section(["#### DNS records", "", text, "", head], items, [tail, ""])
        gone = [f"- {code(record.type)} {code(record.name)}" for record in domain.changes if not record.new]
        if gone:
            yield _Section(
                ["These records are no longer needed; delete them when the update is done:", ""], gone, [""]
            )


def _changes(preview: Preview) -> _Section | None:
    changes = _changing(preview)
    if not changes or preview.errors:
        return None
    rows = []
    for component in sorted(set(map(component_of, changes))):
        of_it = [change for change in changes if component_of(change) == component]
        counts = Counter(change.operation for change in of_it)
        what = "; ".join(
            f"{_OPERATIONS[operation]}: {_things(of_it, operation)}"
            for operation in _OPERATIONS
            if counts[operation]
        )
        rows.append([component, *(str(counts[operation] or "") for operation in _OPERATIONS), what])
    heading, rule, *items = table(["part", *_OPERATIONS.values(), "what"], rows)
    return _Section(["#### Changes", "", heading, rule], items, [""])


def _things(changes: list[Change], operation: str) -> str:
    names = []
    for change in changes:
        if change.operation == operation:
            kind, name = thing(change)
            kind = kind if re.fullmatch(r"[\w ().,-]+", kind) else plain(kind)
            names.append(f"{kind} {code(name)}" if name else kind)
    names.sort()
    more = len(names) - _MOST_THINGS
    return listed([*names[:_MOST_THINGS], *([f"{more} more"] if more > 0 else [])])


def _interruptions(preview: Preview) -> _Section | None:
    items = [f"- {sentence}" for sentence in interruptions(preview)]
    return _Section(["#### What restarts", ""], items, [""]) if items and not preview.errors else None


def _what_is_missing(preview: Preview) -> _Section | None:
    if preview.has_outputs or preview.errors:
        return None
    return _Section(
        [],
        [
            "*This preview is a digest: DNS records to paste, the relay's settings and the "
            "violations of policies are not in "
            "it. `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json` has them.*"
        ],
    )


def _fitted(head: Sequence[str], sections: list[_Section]) -> str:
    lines, left = list(head), _MOST_BYTES - _size(head)
    for index, section in enumerate(sections):
        rest = sum(_size([*other.head, *other.items, *other.tail]) for other in sections[index + 1 :])
        # Half of what is left goes to the first that needs it all; those behind it are never without a place.
        room = max(left - rest, left // 2) - _size([*section.head, *section.tail])
        shown = _beginning(section.items, room)
        lines += [*section.head, *shown, *section.tail]
        if len(shown) < len(section.items):
            lines += [
                f"**{counted(len(section.items) - len(shown), 'more line')} of this part did not fit into a comment:** "
                "see the preview in the job's log.",
                "",
            ]
        left -= _size([*section.head, *shown, *section.tail])
    return "\n".join(lines).rstrip("\n") + "\n"


def _beginning(items: Sequence[str], room: int) -> list[str]:
    shown = []
    for item in items:
        room -= _size([item])
        if room < 0:
            break
        shown.append(item)
    return shown


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
