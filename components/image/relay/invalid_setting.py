"""The refusal of a setting."""

import re
from collections.abc import Callable


class InvalidSetting(ValueError):
    """A setting that would not work, or not safely. Never holds a secret.

    `field` is the setting's bare name, `value` what it was as a reader may see it (empty for a secret),
    `problem` and `fix` are the two halves of the message.
    """

    def __init__(self, field: str, problem: str, fix: str, value: str = ""):
        super().__init__(field, problem, fix, value)
        self.field = field
        self.value = value
        self.problem = _name_fields(problem, str)
        self.fix = _name_fields(fix, str)

    def named(self, name: Callable[[str], str]) -> str:
        """The message on one line, each field called what `name` makes of it (`RELAY_HOST`, `relayHost`)."""
        field, problem, fix, value = self.args
        return " ".join(
            filter(None, (name(field), value, f"{_name_fields(problem, name)}: {_name_fields(fix, name)}"))
        )

    def __str__(self) -> str:
        return self.named(str)


def _name_fields(template: str, name: Callable[[str], str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda reference: name(reference[1]), template)
