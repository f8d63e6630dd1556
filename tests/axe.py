"""Rules of accessibility that a page in a browser breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

axe = pytest.importorskip("axe_playwright_python")
AXE = Path(axe.__file__).parent / "axe.min.js"


def broken_rules(opened: Any) -> list[Any]:
    """What is against a rule, and whether anything reaches beyond the page's width.

    Every rule is asked at both widths, each in one scheme; in the other scheme nothing but colours differs.
    """
    opened.add_script_tag(path=str(AXE))
    found: list[Any] = []
    for width, schemes in ((1280, ("light", "dark")), (390, ("dark", "light"))):
        opened.set_viewport_size({"width": width, "height": 900})
        for k, scheme in enumerate(schemes):
            opened.emulate_media(color_scheme=scheme)
            said = opened.evaluate("axe.run({runOnly: ['color-contrast']})" if k else "axe.run()")
            for each in said["violations"]:
                found.append((width, scheme, each["id"], [node["html"][:200] for node in each["nodes"]][:3]))
        if opened.evaluate("document.documentElement.scrollWidth") > width:
            found.append((width, "", "wider than the window", []))
    return found
