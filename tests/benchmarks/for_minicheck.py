"""Two-phase commit for minicheck: a tuple of the coordinator, what each manager does, and the messages sent."""

from typing import Any

from minicheck import Protocol, check_safety

State = tuple[Any, ...]
FIELDS = ("coordinator", "managers", "prepared", "sent", "commit", "abort")


def search(managers: int) -> int:
    """Explore all states; return how many there are."""
    result = check_safety(two_phase_commit(managers), max_states=1 << 62)
    states: int = result["reachable_states"]
    return states


def two_phase_commit(managers: int) -> Protocol:
    """Return the model, without specs."""
    none = (False,) * managers
    return Protocol(
        name="two-phase commit",
        candidate=True,
        fields=FIELDS,
        initial=("init", ("working",) * managers, none, none, False, False),
        transitions=_successors,
        invariants={},
    )


def _successors(state: State) -> list[tuple[str, State]]:
    coordinator, managers, prepared, sent, commit, abort = state
    found: list[tuple[str, State]] = []
    if coordinator == "init":
        found.append(("abort", ("aborted", managers, prepared, sent, commit, True)))
        if all(prepared):
            found.append(("commit", ("committed", managers, prepared, sent, True, abort)))
    for i, manager in enumerate(managers):
        if coordinator == "init" and sent[i]:
            found.append(("receive_prepared", (coordinator, managers, _with(prepared, i, True), sent, commit, abort)))
        if manager == "working":
            ready, told = _with(managers, i, "prepared"), _with(sent, i, True)
            found.append(("prepare", (coordinator, ready, prepared, told, commit, abort)))
            gone = _with(managers, i, "aborted")
            found.append(("choose_to_abort", (coordinator, gone, prepared, sent, commit, abort)))
        if commit:
            done = _with(managers, i, "committed")
            found.append(("receive_commit", (coordinator, done, prepared, sent, commit, abort)))
        if abort:
            gone = _with(managers, i, "aborted")
            found.append(("receive_abort", (coordinator, gone, prepared, sent, commit, abort)))
    return found


def _with(values: State, place: int, value: object) -> State:
    return (*values[:place], value, *values[place + 1 :])
