"""`babelset doctor`: what works here, and how to make the rest work."""

from __future__ import annotations

from babelset.cli import options as o
from babelset.cli.terminal import show_json


def doctor(json: o.AsJson = False) -> None:
    """
    Show what works on this machine, and how to get the rest.
    """
    from dataclasses import asdict

    from babelset.contracts.loading import diagnoses
    from babelset.doctor import examine
    from babelset.engines.eflomal.environment import TOOL

    findings = list(examine([*diagnoses(), TOOL.diagnose()]))
    if json:
        show_json([asdict(finding) for finding in findings])
        return
    from babelset.cli.console import Console, cell

    console = Console(soft_wrap=True)
    for finding in findings:
        mark = cell("ok     ", "green") if finding.ok else cell("missing", "yellow")
        console.print(mark.append_text(cell(f" {finding.part:<16} {finding.detail}")))
        if finding.cure:
            console.print(cell(f"        {'':<16} {finding.cure}"))
