"""Errors as the command line shows them: one line, exit code 2, never a traceback."""

import functools
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

import click

from kmodel.cli.exit_codes import ExitCode
from kmodel.cli.signals import terminated_as_interrupted
from kmodel.engines.clock import TimeIsUp
from kmodel.printable import in_one_line

P = ParamSpec("P")
R = TypeVar("R")

SHOW_TRACEBACK = "KMODEL_TRACEBACK"


class InputProblem(click.ClickException):
    """Something that the user gave cannot be used; the message is one line with the fix, for each thing."""

    exit_code = ExitCode.USAGE

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        for line in self.format_message().split("\n"):
            click.echo(f"error: {in_one_line(line)}", err=True, file=file)


class OneLineCommand(click.Command):
    """A command whose wrong usage gets one line, as kubectl does it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; InputProblem if they are wrong."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise _usage_problem(error, ctx) from None


class Group(click.Group):
    """A group of commands, of which an unknown one gets one line."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant; InputProblem if there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _usage_problem(error, ctx) from None


def _usage_problem(error: click.UsageError, ctx: click.Context) -> InputProblem:
    return InputProblem(f"{error.format_message().rstrip('.')}; see {ctx.command_path} --help")


def one_line(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command end with one line and exit code 2 whatever error comes out of it."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with terminated_as_interrupted():
                return command(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:  # where there is no verdict yet, or no more to write
            click.echo("interrupted", err=True)
            raise click.exceptions.Exit(ExitCode.UNFINISHED) from None
        except TimeIsUp:  # before anything was begun
            click.echo("the time was up before anything was explored; give more of it with --max-time", err=True)
            raise click.exceptions.Exit(ExitCode.UNFINISHED) from None
        except BrokenPipeError:  # the reader of a pipe had enough, as in `kmodel specs | head`
            raise
        except (Exception, SystemExit) as error:  # sys.exit() in a spec ends no check
            is_of_a_pipe = isinstance(error.__context__, BrokenPipeError)  # Rich's console turns it into an exit
            if is_of_a_pipe or os.environ.get(SHOW_TRACEBACK):
                raise
            raise InputProblem(_line(error)) from error

    return run


def _line(error: BaseException) -> str:
    if type(error).__module__.startswith("kmodel."):
        several = getattr(error, "errors", (error,))
        return "\n".join(" ".join(str(each).split()) for each in several)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    # What is left comes from a transition or a spec that somebody wrote, or is a mistake in kmodel: say where it is.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{_near(frame.filename)}:{frame.lineno}, in {frame.name}"
    said = " ".join(str(error).split())
    return f"{place}: {type(error).__name__}: {said}; set {SHOW_TRACEBACK}=1 to see how it came to this"


def _near(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename
