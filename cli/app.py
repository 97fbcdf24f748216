"""The Typer application: what the commands share, and how errors and interrupts end."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer

from babelset import __version__
from babelset.cli.apply_review import apply_review
from babelset.cli.calibrate import calibrate
from babelset.cli.coverage import coverage
from babelset.cli.doctor import doctor
from babelset.cli.estimate import estimate
from babelset.cli.export import export
from babelset.cli.filter import filter_
from babelset.cli.gather import gather
from babelset.cli.help import Command, Group
from babelset.cli.inspect import inspect
from babelset.cli.languages import languages
from babelset.cli.models import models
from babelset.cli.plugins import plugins
from babelset.cli.prompts import prompts
from babelset.cli.push import push
from babelset.cli.report import report
from babelset.cli.review import review
from babelset.cli.run import run
from babelset.cli.score import score
from babelset.cli.setup import setup
from babelset.cli.show import show_
from babelset.cli.terminal import ReaderGone, guarded, one_line, open_closed, say, warn
from babelset.cli.translate import translate
from babelset.errors import BabelsetError, ConfigError, ContractError, check_name

STOPPED = 130  # by Ctrl-C or SIGTERM
EXIT_CODES = """
Exit codes: 0 done; 1 done, but some rows could not be read, or fewer rows than were asked for; 2 wrong usage;
3 unreadable input; 4 rows do not add up or a plug-in broke its contract; 5 the output cannot be written; 6 an engine
cannot go on; 130 stopped (run the same command to resume).
"""


USAGE_ERROR: Any = typer.BadParameter.__base__  # typer keeps the name to itself


class _Commands(Group):
    """All commands: whatever they print is escaped, whatever they raise becomes a line and an exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        with guarded():
            try:
                code = super().main(*args, **{**options, "standalone_mode": False})
                sys.stdout.flush()
            except USAGE_ERROR as error:
                error.message = one_line(error.message)
                error.show()
                code = error.exit_code
            except BabelsetError as error:
                warn(error.summary, error.details)
                code = error.exit_code
            except ReaderGone:
                code = 0
            sys.exit(code or 0)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for arg in args:
            try:
                check_name(arg)
            except ConfigError as error:
                ctx.fail(str(error))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            warn("stopped; run the same command again to resume")
            raise typer.Exit(STOPPED) from None


app = typer.Typer(
    name="babelset",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=EXIT_CODES,
    help="Turn an instruction dataset in one language into trustworthy instruction data in two hundred.",
)
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Translate": (translate, run, gather, estimate, inspect),
    "Score and decide": (score, calibrate, filter_, report, show_, coverage),
    "Review and export": (review, apply_review, export, push),
    "This installation": (languages, plugins, doctor),
}
for panel, commands in PANELS.items():
    for command in commands:
        name = command.__name__.strip("_").replace("_", "-")
        app.command(name, cls=Command, rich_help_panel=panel)(command)
app.add_typer(models, name="models", cls=Group, rich_help_panel="This installation")
app.add_typer(prompts, name="prompts", cls=Group, rich_help_panel="This installation")
app.add_typer(setup, name="setup", cls=Group, rich_help_panel="This installation")


def _version(wanted: bool) -> None:
    if wanted:
        say(f"babelset {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    pass


def _stop(number: int, frame: Any) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _stop_at_once)
    raise KeyboardInterrupt


def _stop_at_once(number: int, frame: Any) -> None:
    """The second signal: whatever is in flight, nothing is awaited. What has been stored stays."""
    if processes := sys.modules.get("multiprocessing"):
        for child in processes.active_children():
            child.kill()
    os._exit(STOPPED)


def main() -> None:
    signal.signal(signal.SIGTERM, _stop)  # clusters end jobs with it: stop as cleanly as with Ctrl-C
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # in the background it may be ignored
        signal.signal(signal.SIGINT, _stop)
    open_closed()
    gc.set_threshold(20_000)  # rows hold no cycles: to look for some took 8 % of the time
    with guarded():
        try:
            app()
        except SystemExit as end:
            if end.code == STOPPED:  # at once: Python would wait for an engine that is still at work
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(STOPPED)
            raise
        except Exception:  # noqa: BLE001  # a plug-in's or ours; 1, as Python ends, would say that the command is done
            traceback.print_exc()
            warn("this is a bug in babelset or in a plug-in; report it with the lines above")
            sys.exit(ContractError.exit_code)
