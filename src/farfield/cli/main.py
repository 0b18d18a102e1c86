"""Collects the commands, and turns errors into messages and exit codes: 0 done, 1 no, 2 wrong use, 3 a fault."""

import os
import signal
import sys
from collections.abc import Sequence

import typer

from farfield.cli import (
    check,
    data,
    demo,
    export,
    harness,
    import_,
    init,
    label,
    plan,
    predictions,
    ready,
    report,
    results,
    run,
    sample,
    schema,
    show,
    verify,
)
from farfield.errors import FarfieldError

__all__ = ["app", "main", "run_command"]

_INTERRUPTED = 130  # what Typer makes of Ctrl-C

app = typer.Typer(
    name="farfield",
    help="How far does your fine-tune carry? Measured, with an interval on every number.",
    epilog="Start with: farfield demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for module in (
    demo,
    import_,
    sample,
    label,
    ready,
    init,
    check,
    plan,
    show,
    run,
    results,
    predictions,
    verify,
    report,
    export,
    harness,
    schema,
):
    name = module.__name__.rpartition(".")[2]
    command = getattr(module, name)
    # `import` is a word of Python's own, and carries an underscore there.
    app.command(name.rstrip("_"), epilog=module.EXAMPLE)(command)
app.add_typer(data.app, name="data")


def main() -> None:
    """The entry point of the `farfield` command."""
    # A pipe that closes early (`farfield results RUN | head`) is no error.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code; errors are told on stderr."""
    try:
        app(list(arguments), prog_name="farfield")
    except FarfieldError as error:
        _tell(error)
        return error.exit_code
    except SystemExit as done:  # how Typer ends every command line
        if done.code == _INTERRUPTED:
            print("\nstopped; what was finished is kept, and the same command goes on from here", file=sys.stderr)
        return done.code if isinstance(done.code, int) else 0
    return 0


def _tell(error: FarfieldError) -> None:
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    red, plain = ("\033[31m", "\033[0m") if colour else ("", "")
    print(f"{red}error:{plain} {error}", file=sys.stderr)
