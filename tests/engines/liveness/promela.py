"""Models in Promela, in which Spin's fairness of processes is fairness of actions: each action is a process.

A process that is always enabled lets a run stay where nothing is owed; whatever it does, `last` tells the action that
was taken last, so that strong fairness and specs of steps can be said in the formula.
"""

import attrs

from kmodel.kernel import Fairness, Spec, SpecKind, keys_of, take
from kmodel.kernel.spec import Function
from tests.engines.liveness.graphs import Edges

IDLE = 0  # the value of `last` after a step that takes no action

Alternatives = list[tuple[str, str]]  # each a guard and an effect


def number(action: str) -> int:
    """Return the value of `last` after an action, whose name is a letter."""
    return ord(action)


@attrs.frozen
class Program:
    """A model in Promela: declarations, the alternatives of each process, and named formulas."""

    declarations: str
    processes: dict[str, Alternatives]
    formulas: dict[str, str]

    def __str__(self) -> str:
        lines = [self.declarations, "byte last;"]
        for name, alternatives in {**self.processes, "idle": [("true", f"last = {IDLE}")]}.items():
            lines += [f"active proctype {name}() {{ do"]
            lines += [f":: d_step {{ {guard} -> {effect} }}" for guard, effect in alternatives]
            lines += ["od }"]
        lines += [f"ltl {name} {{ {formula} }}" for name, formula in self.formulas.items()]
        return "\n".join(lines) + "\n"


def of_graphs(cases: dict[str, tuple[Edges, Spec]]) -> Program:
    """Return one program for all: a first step chooses a graph, and each formula is about one of them."""
    choose: Alternatives = []
    processes: dict[str, Alternatives] = {}
    formulas = {}
    for case, (name, (graph, spec)) in enumerate(cases.items(), start=1):
        here = f"chosen == {case}"
        choose += [("chosen == 0", f"chosen = {case}; at = {start}") for start in graph.starts]
        for action, edges in graph.by_action.items():
            alternatives = processes.setdefault(f"act_{action}", [])
            alternatives += [
                (f"{here} && at == {source}", f"at = {target}; last = {number(action)}")
                for source, target in edges.items()
                if source != target
            ]
            if graph.fairness(action) is Fairness.NONE:  # it need not act, even if it could
                alternatives.append((here, f"last = {IDLE}"))
        owed = " && ".join(_strongly_fair(graph, action) for action in graph.strong) or "true"
        formulas[name] = f"({owed}) -> {_formula(graph, spec, case)}"
    return Program("byte chosen, at;", {"choose": choose, **processes}, formulas)


def _strongly_fair(graph: Edges, action: str) -> str:
    enabled = [source for source, target in graph.by_action[action].items() if source != target]
    return f"([] <> ({_among(enabled)} == 1) -> [] <> (last == {number(action)}))"


def _formula(graph: Edges, spec: Spec, case: int) -> str:
    """Return a spec as a formula that is true where another graph was chosen."""
    model = graph.model(spec)
    if spec.kind is SpecKind.FINITELY_OFTEN:
        steps = [take(action, graph.cluster(source)) for action in model.actions for source in graph.places]
        bad = {step.action.transition.name for step in steps if step is not None and spec(step) is not True}
        taken = " | ".join(f"(last == {number(name)})" for name in sorted(bad))
        return f"<> [] (((chosen == {case}) & ({taken})) == 0)"

    def true(predicate: Function, key: tuple[str, ...]) -> str:
        return _among([place for place in graph.places if predicate(graph.cluster(place), *key) is True])

    def about(key: tuple[str, ...]) -> str:
        if spec.kind is SpecKind.LEADS_TO:
            assert spec.premise is not None
            assert spec.conclusion is not None
            premise = f"((chosen == {case}) & {true(spec.premise, key)}) == 1"
            return f"[] (({premise}) -> <> ({true(spec.conclusion, key)} == 1))"
        good = f"((chosen != {case}) | {true(spec.function, key)})"
        return {
            SpecKind.EVENTUALLY: f"<> (((chosen != 0) & {good}) == 1)",
            SpecKind.ALWAYS_EVENTUALLY: f"[] <> ({good} == 1)",
            SpecKind.CONVERGES: f"<> [] ({good} == 1)",
        }[spec.kind]

    return "(" + " && ".join(f"({about(key)})" for key in keys_of(spec, model.initial[0].layout)) + ")"


def _among(places: list[int]) -> str:
    """Return an expression that is 1 in these places, 0 elsewhere: one proposition for the formula, however many."""
    return f"(({sum(1 << place for place in places)} >> at) & 1)"


def philosophers(number_of: int, *, last_is_left_handed: bool) -> Program:
    """Return dining philosophers: forks know who holds them, counted from one."""
    sides = {each: ((each - 1), each % number_of) for each in range(1, number_of + 1)}
    if last_is_left_handed:
        sides[number_of] = sides[number_of][::-1]
    processes, waits, eats = {}, {}, {}
    for each, (first, second) in sides.items():
        waits[each] = f"fork[{first}] == {each}"
        eats[each] = f"((fork[{first}] == {each}) & (fork[{second}] == {each})) == 1"
        processes[f"take_first_{each}"] = [(f"fork[{first}] == 0", f"fork[{first}] = {each}")]
        processes[f"take_second_{each}"] = [(f"{waits[each]} && fork[{second}] == 0", f"fork[{second}] = {each}")]
        processes[f"eat_{each}"] = [(eats[each], f"fork[{first}] = 0; fork[{second}] = 0")]
    somebody = " | ".join(f"({eating})" for eating in eats.values())
    everybody = " && ".join(f"[] (({waits[each]}) -> <> ({eats[each]}))" for each in sides)
    formulas = {"somebody_eats_again": f"[] <> (({somebody}) == 1)", "who_waits_eats": everybody}
    return Program(f"byte fork[{number_of}];", processes, formulas)


def semaphore() -> Program:
    """Return two processes (0: away, 1: waiting, 2: critical) that share a semaphore, and may stay away."""
    processes = {}
    for each in (0, 1):
        place = f"place[{each}]"
        processes[f"ask_{each}"] = [(f"{place} == 0", f"{place} = 1"), ("true", f"last = {IDLE}")]
        processes[f"take_{each}"] = [(f"{place} == 1 && !taken", f"{place} = 2; taken = 1")]
        processes[f"give_{each}"] = [(f"{place} == 2", f"{place} = 0; taken = 0")]
    # The two are alike, so it is enough to speak of one.
    weak = "[] ((place[0] == 1) -> <> (place[0] == 2))"
    strong = "[] <> (((place[0] == 1) & (taken == 0)) == 1) -> [] <> (place[0] == 2)"
    return Program("byte place[2]; bit taken;", processes, {"weak": weak, "strong": f"({strong}) -> {weak}"})


def alternating_bit() -> Program:
    """Return the alternating bit protocol over channels that may lose a frame (2: nothing is on its way)."""
    processes = {
        "send": [("frame == 2", "frame = sender")],
        "receive": [
            (
                "frame != 2 && reply == 2 && frame == receiver",
                "receiver = 1 - frame; reply = frame; frame = 2; last = 1",
            ),
            ("frame != 2 && reply == 2 && frame != receiver", "reply = frame; frame = 2; last = 1"),
        ],
        "receive_reply": [
            ("reply != 2 && reply == sender", "sender = 1 - reply; reply = 2"),
            ("reply != 2 && reply != sender", "reply = 2"),
        ],
        "lose_frame": [("frame != 2", "frame = 2"), ("true", f"last = {IDLE}")],
        "lose_reply": [("reply != 2", "reply = 2"), ("true", f"last = {IDLE}")],
    }
    weak = "[] ((sender + receiver == 0) -> <> (receiver == 1))"
    # Whether the sender hears of it makes no difference to the delivery.
    strong = "[] <> (((frame != 2) & (reply == 2)) == 1) -> [] <> (last == 1)"
    formulas = {"weak": weak, "strong": f"({strong}) -> {weak}"}
    return Program("byte sender, receiver, frame = 2, reply = 2;", processes, formulas)
