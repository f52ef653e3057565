"""What axe finds on a page."""

from tests.support.checkout import ROOT
from tests.support.webapp.driver import App

AXE = ROOT / "webapp" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def violations(app: App) -> list[str]:
    """The grave ones: element and reason."""
    app.page.evaluate(AXE.read_text(encoding="utf-8"))  # a script tag would break the page's policy
    found = app.page.evaluate("axe.run()")["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
