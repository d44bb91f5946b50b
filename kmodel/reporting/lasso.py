"""Lassos in words: what is done for ever, and what could happen there but need not."""

from kmodel.engines.results import Idle
from kmodel.kernel import Fairness, Trace
from kmodel.reporting.columns import columns


def before_the_cycle(trace: Trace) -> str:
    """Return the line that stands between what is taken once and what is taken for ever."""
    if trace.cycle == len(trace.steps):
        return "and then nothing, for ever" if trace.steps else "and nothing, for ever"
    return "and then for ever:" if trace.cycle else "for ever, from the initial state on:"


def after_the_cycle(trace: Trace) -> str:
    """Return the line that stands behind what is taken for ever; none where nothing is."""
    if trace.cycle is None or trace.cycle == len(trace.steps):
        return ""
    return f"and again from step {trace.cycle + 1} on"


def why_idle(idle: Idle) -> str:
    """Return why a fair run need not take an action that is enabled in its cycle."""
    if idle.action.transition.environment:
        return "environment: it may, but need not"
    if idle.action.transition.fairness is Fairness.NONE:
        return "owed no fairness: it may, but need not"
    return f"not enabled after step {idle.disabled_after}" if idle.disabled_after else "not enabled at the start"


def idle_table(idle: tuple[Idle, ...], width: int | None) -> list[str]:
    """Return the lines of a table of the actions that are enabled in a cycle, but not taken; none if there are none."""
    if not idle:
        return []
    rows = [[str(each.action), why_idle(each)] for each in idle]
    return [line for lines in columns(["ENABLED, BUT NOT TAKEN", "BECAUSE"], rows, width) for line in lines]
