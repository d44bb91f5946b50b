"""The command line: kmodel check, replay, explore, graph, specs, incidents and survey, in kubectl's manners."""

import gc

import click

from kmodel.cli.check import check
from kmodel.cli.completion import completion
from kmodel.cli.exit_codes import EPILOG
from kmodel.cli.explore import explore
from kmodel.cli.gallery import incidents
from kmodel.cli.graph import graph
from kmodel.cli.leaving import run
from kmodel.cli.new import new
from kmodel.cli.one_line import Group
from kmodel.cli.replay import replay
from kmodel.cli.specs import specs
from kmodel.cli.survey import survey
from kmodel.cli.warm import warm

__all__ = ["at_the_prompt", "main"]

NEW_OBJECTS = 200_000  # before cycles are looked for: most of what a command makes stays until it ends


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(package_name="kmodel", message="kmodel %(version)s")
def main() -> None:
    """kmodel checks what the Kubernetes control plane can do with your manifests, step by step.

    \b
    Check a scenario of this project:       kmodel check pod-creation
    Check your own manifests:               kmodel check -f pod.yaml --nodes 2
    Take the steps of a counterexample:     kmodel replay reports/pod-creation/trace-SPEC.json
    Step through a scenario by hand:        kmodel explore pod-creation
    Draw the states:                        kmodel graph -f pod.yaml
    See what is checked:                    kmodel specs
    See what went wrong elsewhere:          kmodel incidents
    See which manifests load:               kmodel survey manifests/
    Write a spec or scenario to start from: kmodel new spec NAME
    Compile the search ahead:               kmodel warm
    Complete commands in your shell:        kmodel completion bash
    """
    gc.set_threshold(NEW_OBJECTS)


for command in (check, replay, explore, graph, specs, incidents, survey, warm, new, completion):
    main.add_command(command)


def at_the_prompt() -> None:
    """Run what the command line asks for, in a process of its own."""
    run(main)
