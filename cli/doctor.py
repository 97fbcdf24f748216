"""`babelset doctor`: what works here, and how to make the rest work."""

from __future__ import annotations

import typer

from babelset.cli import options as o


def doctor(json: o.AsJson = False) -> None:
    """
    Show what works on this machine, and how to get the rest.
    """
    from dataclasses import asdict

    from babelset.contracts.loading import diagnoses
    from babelset.doctor import examine

    findings = list(examine(diagnoses()))
    if json:
        import json as json_

        typer.echo(json_.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
        return
    for finding in findings:
        mark = typer.style("ok     ", fg="green") if finding.ok else typer.style("missing", fg="yellow")
        typer.echo(f"{mark} {finding.part:<16} {finding.detail}")
        if finding.cure:
            typer.echo(f"        {'':<16} {finding.cure}")
