"""`kmodel completion`: what a shell has to know to complete commands, options and scenarios."""

from __future__ import annotations

import click

from kmodel.cli.one_line import OneLineCommand, one_line

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_KMODEL_COMPLETE"  # by which the shell's function asks kmodel, as click names it


@click.command(cls=OneLineCommand, short_help="Complete commands in your shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
@one_line
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script by which a shell completes the commands, options and scenarios of kmodel.

    \b
    Examples:
      source <(kmodel completion bash)
      source <(kmodel completion zsh)
      kmodel completion fish > ~/.config/fish/completions/kmodel.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None, "click knows these shells"
    click.echo(made(ctx.find_root().command, {}, "kmodel", VARIABLE).source())
