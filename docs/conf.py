"""The documentation as a site: `make docs` writes build/docs. Sphinx, as it checks every link and reads docstrings."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

project = "Outbound mail with one pulumi up"
author = "the maintainers"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["requirements.txt"]
html_theme = "furo"
html_title = project
html_show_copyright = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3  # so that a link to a section of a page is checked too

# The text of an argument stands under its field; its type is read from the annotation.
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": False}
autodoc_typehints = "none"
