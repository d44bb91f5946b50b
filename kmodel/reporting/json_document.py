"""The result of an exploration as one JSON document whose keys stay as they are."""

from typing import Any

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding, Result
from kmodel.kernel import Trace
from kmodel.reporting.failure import replay_command
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, Written, at_the_end
from kmodel.reporting.source import Source
from kmodel.reporting.story import story
from kmodel.reporting.wording import never_fired, ordered, untested

API_VERSION = "kmodel.dev/v1alpha1"


def handler(context: ReportContext) -> Handler:
    """Return the handler that makes the document, which names the files that were written before it."""

    def make(event: Finished) -> None:
        context.document = check_document(event.result, context.source, context.written)

    return at_the_end(make)


def as_list(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the document of several things of a kind, as kubectl does."""
    return {"apiVersion": API_VERSION, "kind": f"{kind}List", "items": items}


def check_document(result: Result, source: Source, written: Written | None = None) -> dict[str, Any]:
    """Return the document of one exploration."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Check",
        "scenario": {
            "name": source.name,
            "files": [str(file) for file in source.files],
            "nodes": source.nodes,
            "faults": dict(source.faults),
            "takingPart": list(source.taking_part),
            "leftOut": list(source.left_out),
            "ignoredFields": list(source.ignored_fields),
            "notes": [{"heading": heading, "text": text} for heading, text in source.notes],
            "weakenedBy": list(source.weakened_by),
            "notChecked": list(source.not_checked),
            "assumed": list(source.assumed),
            "do": list(source.lines),
            "detail": dict(source.detail),
        },
        "engine": result.engine,
        "finished": result.finished,
        "stopped": result.stopped,
        "statistics": {
            "distinctStates": result.states,
            "generatedStates": result.generated,
            "depth": result.depth,
            "seconds": round(result.seconds, 3),
            "collisionProbability": result.collision_probability,
        },
        "symmetry": _symmetry(result),
        "ends": _ends(result),
        "partialOrder": _partial_order(result),
        "specs": [
            {
                "name": finding.spec.name,
                "kind": finding.spec.kind.word,
                "sentence": finding.spec.sentence,
                "verdict": finding.verdict.value,
                "standing": wording.standing.value,
                "reason": finding.reason,
                "hazard": finding.spec.hazard,
                "needsStrongFairness": finding.needs_strong_fairness,
                "trace": _trace(finding, source, written),
            }
            for finding, wording in ordered(result)
        ],
        "notPutToTheTest": [finding.spec.name for finding in untested(result)],
        "neverFired": list(never_fired(result)),
        "actions": dict(result.fired),
        "report": None if written is None else str(written.index),
    }


def _symmetry(result: Result) -> dict[str, Any] | None:
    """Return what was found under symmetry; distinct and generated states of the statistics are then of orbits."""
    if result.symmetry is None:
        return None
    return {
        "groups": [list(group) for group in result.symmetry.groups],
        "orbits": result.states if result.symmetry.groups else None,
        "representedStates": result.represented,
        "rules": result.symmetry.rules,
        "rulesShown": result.symmetry.shown,
        "note": result.symmetry.note,
    }


def _ends(result: Result) -> dict[str, Any] | None:
    """Return the states in which the system comes to rest, with the addresses of shortest traces to some of them."""
    if result.ends is None:
        return None
    return {
        "states": result.ends.states,
        "upToNames": result.ends.up_to_names,
        "addresses": [trace.path for trace in result.ends.traces],
    }


def _partial_order(result: Result) -> dict[str, Any] | None:
    """Return what partial-order reduction spared; the statistics are then of the states that were visited."""
    if result.partial_order is None:
        return None
    return {
        "expandedInPart": result.partial_order.in_part,
        "expandedInFull": result.partial_order.in_full,
        "searches": result.partial_order.searches,
        "changedBy": dict(result.partial_order.sees),
    }


def _turn(finding: Finding) -> dict[str, Any] | None:
    """Return after how many steps the spec could be met for the last time, and the nearest run that does so."""
    turn = finding.turn
    if turn is None:
        return None
    if turn.unknown:
        return {"unknown": turn.unknown}
    return {"after": turn.last, "avoidedBy": None if turn.way is None else turn.way.path, "about": list(turn.about)}


def _trace(finding: Finding, source: Source, written: Written | None) -> dict[str, Any] | None:
    if finding.trace is None:
        return None
    file = None if written is None else written.traces.get(finding.spec.name)
    return {
        "address": finding.trace.path,
        "cycle": finding.trace.cycle,
        "pointOfNoReturn": _turn(finding),
        "idle": [{"action": str(idle.action), "disabledAfter": idle.disabled_after} for idle in finding.idle],
        "file": None if file is None else str(file),
        "replay": replay_command(finding.trace, source, file),
        "steps": steps(finding.trace),
    }


def steps(trace: Trace) -> list[dict[str, Any]]:
    """Return the steps of a trace."""
    return [
        {
            "step": line.number,
            "actor": line.actor,
            "action": line.action,
            "type": line.type,
            "reason": line.reason,
            "object": line.object,
            "message": line.message,
            "changes": [str(change) for change in line.changes],
        }
        for line in story(trace)
    ]
