"""What of the relay's environment lies in the Secret: all that the image also reads from a file."""

from collections.abc import Mapping

import pulumi

from ..image.relay.environment import FILE_SUFFIX, VARIABLES

CREDENTIALS_DIRECTORY = "/etc/relay"
"""Where the pod finds the files of the Secret, each called as the variable that it stands for."""

_FROM_FILE = {variable.name for one in VARIABLES for variable in one.numbered() if variable.from_file}


def credential_files(environment: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    """The files of the Secret, by name."""
    return {name: value for name, value in environment.items() if name in _FROM_FILE}


def pod_environment(environment: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    """The environment of the pod, which has the paths of these files instead of what is in them."""
    return {
        f"{name}{FILE_SUFFIX}" if name in _FROM_FILE else name: (
            f"{CREDENTIALS_DIRECTORY}/{name}" if name in _FROM_FILE else value
        )
        for name, value in environment.items()
    }
