"""The components for every Pulumi language: Pulumi runs this folder as a program (PulumiPlugin.yaml)."""

import runpy
import sys
from pathlib import Path

if __package__:
    from .plugin.provider import serve

    serve()
else:
    # Started as a folder. Its modules belong to a package, and must not hide others of the same name, such as dns.
    folder = Path(__file__).resolve().parent
    sys.path[0] = str(folder.parent)
    runpy.run_module(folder.name, run_name="__main__", alter_sys=True)
