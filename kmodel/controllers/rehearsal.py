"""A rehearsal of a controller, alone with one object and without any faults: what it makes, and under which names.

A model has to know all names before it is explored. What a rehearsal does not come to, a controller has to say.
"""

from typing import Any

import attrs

from kmodel.controllers.api_errors import AlreadyExists, Invalid, NotFound
from kmodel.controllers.client import Client, Question
from kmodel.controllers.running import Code, Replay, run, selected
from kmodel.kernel import ModelError, Rank
from kmodel.kubernetes.objects import ApiObject, Kind

MOST_RUNS = 12


@attrs.define
class Stage:
    """The objects that a controller finds and makes when it is rehearsed; it takes the part of the api-server."""

    there: dict[tuple[str, str], Any]
    made: list[Any] = attrs.field(factory=list)
    writes: int = 0

    def ask(self, question: Question) -> Any:
        """Return the answer; all is done at once."""
        request = question.request
        if request is None:
            if not question.many:
                return self.there.get((question.kind.resource, question.key))
            found = sorted((name, value) for (of, name), value in self.there.items() if of == question.kind.resource)
            return tuple(value for _, value in found if selected(value, question))
        self.writes += 1
        return self._create(question) if request.verb == "create" else self._change(question)

    def _create(self, question: Question) -> str:
        request = question.request
        assert request is not None
        body: Any = request.body
        metadata = body.metadata
        self.made.append(body)
        if not metadata.name:
            metadata = attrs.evolve(metadata, name=f"{metadata.generate_name}{len(self.made)}", generate_name="")
        place = request.resource, metadata.key
        if place in self.there:
            raise AlreadyExists(question.said)
        self.there[place] = _numbered(attrs.evolve(body, metadata=metadata), question.kind).defaulted()
        return str(metadata.key)

    def _change(self, question: Question) -> str:
        request = question.request
        assert request is not None
        place = request.resource, request.key
        value = self.there.get(place)
        if value is None:
            raise NotFound(question.said)
        body: Any = request.body
        if request.verb == "delete":
            changed = attrs.evolve(value, metadata=attrs.evolve(value.metadata, deleting=True))
        else:
            try:
                changed = body.onto(value) if request.verb == "patch" else body
            except ModelError as error:
                raise ModelError(f"{question.line}: {error}") from None
            if changed is None:
                raise Invalid(question.said)
        if changed == value:
            self.writes -= 1
        if changed.metadata.deleting and not changed.metadata.finalizers:
            del self.there[place]
        else:
            self.there[place] = changed
        return request.key


def _numbered(value: Any, kind: Kind[Any]) -> Any:
    name = f"{kind.singular}/{value.metadata.key}"
    identity = {"uid": Rank(f"uid of {name}", 1), "resource_version": Rank(f"version of {name}", 1)}
    return attrs.evolve(value, metadata=attrs.evolve(value.metadata, **identity))


MOST_QUESTIONS = 250


@attrs.define
class Rehearsed(Replay):
    """A run that a stage answers to its end."""

    stage: Stage = attrs.field(factory=lambda: Stage({}))

    def ask(self, question: Question) -> Any:
        """Return the stage's answer."""
        self.position += 1
        if self.position > MOST_QUESTIONS:
            self._stop(f"{question.line}: asks more than {MOST_QUESTIONS} questions in one run; let the loop end")
        return self.stage.ask(question)


@attrs.frozen(eq=False)
class Rehearsal:
    """What a controller made of an object; `kept` is what was there at last, `finalizers` what the object had then.

    `settled` tells whether it made nothing more after its pods were ready, and had finished.
    """

    made: tuple[ApiObject, ...]
    kept: tuple[ApiObject, ...]
    settled: bool
    finalizers: tuple[str, ...] = ()


def rehearse(code: Code, kinds: tuple[Kind[Any], ...], kind: Kind[Any], value: Any) -> Rehearsal:
    """Return what the code makes of an object, until it writes nothing more; ModelError as in a run.

    Then its pods are said to be ready, then to have finished, and at last the object to be deleted.
    """
    stage = Stage({(kind.resource, value.metadata.key): _numbered(value, kind).defaulted()})
    own = kind.resource, value.metadata.key
    _until_quiet(stage, code, kinds, value.metadata.key)
    before = set(stage.there)
    _report(stage, phase="Running", ready=True, scheduled=True)
    _until_quiet(stage, code, kinds, value.metadata.key)
    kept = tuple(there for place, there in stage.there.items() if place != own)
    for _ in range(MOST_RUNS):
        there = set(stage.there)
        _report(stage, phase="Succeeded", ready=False)
        _until_quiet(stage, code, kinds, value.metadata.key)
        if there == set(stage.there):
            break
    settled, finalizers = before == set(stage.there), ()
    if own in stage.there:
        finalizers = stage.there[own].metadata.finalizers
        metadata = attrs.evolve(stage.there[own].metadata, deleting=True)
        stage.there[own] = attrs.evolve(stage.there[own], metadata=metadata)
        _until_quiet(stage, code, kinds, value.metadata.key)
    return Rehearsal(tuple(map(_as_planned, stage.made)), kept, settled, finalizers)


def _report(stage: Stage, **status: Any) -> None:
    """Give all pods such a status, if they can come to it: those that run always do not finish."""
    for place, there in list(stage.there.items()):
        if place[0] == "pods" and (status["phase"] == "Running" or there.spec.restart_policy != "Always"):
            stage.there[place] = attrs.evolve(there, status=attrs.evolve(there.status, **status))


def _until_quiet(stage: Stage, code: Code, kinds: tuple[Kind[Any], ...], name: str) -> None:
    for _ in range(MOST_RUNS):
        before = stage.writes
        replay: Any = Rehearsed(None, "", (), (), [], stage=stage)  # type: ignore[arg-type]
        run(replay, code, name, Client(replay, "", kinds))
        if stage.writes == before:
            return


def _as_planned(made: Any) -> Any:
    """Return an object as one that may be there, whoever owns it."""
    return attrs.evolve(made, metadata=attrs.evolve(made.metadata, owners=()))
