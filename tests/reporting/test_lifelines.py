from kmodel.engines.retracing import NamedAction, follow_actions
from kmodel.kernel import Cell, Cells, Cluster, Model, transition
from kmodel.reporting.lifelines import actors_of, owner, sequence

CALLS: Cells[str | None] = Cells("calls")
PODS: Cells[str | None] = Cells("store/pods")


@transition(actor="scheduler")
def ask(cluster: Cluster) -> Cluster | None:
    return cluster.set(CALLS["scheduler"], "bind") if cluster[CALLS["scheduler"]] is None else None


@transition(actor="apiserver")
def handle(cluster: Cluster) -> Cluster | None:
    if cluster[CALLS["scheduler"]] != "bind":
        return None
    return cluster.set(PODS["p"], "bound").set(CALLS["scheduler"], "ok")


@transition(actor="scheduler")
def hear(cluster: Cluster) -> Cluster | None:
    return cluster.set(CALLS["scheduler"], None) if cluster[CALLS["scheduler"]] == "ok" else None


@transition(actor="kubelet/n1")
def look(cluster: Cluster) -> Cluster | None:
    return cluster if cluster[PODS["p"]] == "bound" else None


@transition(actor="kubelet/n2")
def rest(cluster: Cluster) -> Cluster | None:
    return None


@transition(actor="store")
def compact(cluster: Cluster) -> Cluster | None:
    return None


def a_model() -> Model:
    initial = Cluster.of({CALLS["scheduler"]: None, PODS["p"]: None})
    return Model((initial,), tuple(step.bind() for step in (ask, hear, look, rest, handle, compact)))


def messages() -> list[list[tuple[str, str, bool]]]:
    model = a_model()
    trace = follow_actions(model, 0, [NamedAction(name) for name in ("ask", "handle", "hear", "look")])
    actors = actors_of(model, ("kubectl", "apiserver", "store", "scheduler", "kubelet"))
    assert actors == ("apiserver", "store", "scheduler", "kubelet/n1", "kubelet/n2")
    diagram = sequence(trace, actors)
    assert diagram.lifelines == ("apiserver", "store", "scheduler", "kubelet/n1")  # kubelet/n2 did nothing
    return [[(x.sender, x.receiver, x.asked) for x in of_step] for of_step in diagram.messages]


def test_messages_follow_from_who_wrote_and_who_took_up() -> None:
    asked, handled, heard, looked = messages()
    assert asked == [("scheduler", "apiserver", False)]  # nobody's cell: it goes to whoever takes it up
    assert sorted(handled) == [("apiserver", "scheduler", False), ("apiserver", "store", False)]
    assert heard == [("apiserver", "scheduler", True)]  # took the answer out of the cell
    assert looked == [("store", "kubelet/n1", True)]


def test_the_last_answer_of_a_trace_goes_to_who_asked() -> None:
    trace = follow_actions(a_model(), 0, [NamedAction("ask"), NamedAction("handle")])
    last = sequence(trace, actors_of(a_model())).messages[-1]
    assert ("apiserver", "scheduler") in {(message.sender, message.receiver) for message in last}


def test_the_owner_of_a_cell_is_in_its_name() -> None:
    actors = ("etcd", "kubelet/n1", "kubelet/n2")
    assert owner(Cell("etcd/pods", ("nginx",)), actors) == "etcd"
    assert owner(Cell("kubelet/pods", ("n2", "nginx")), actors) == "kubelet/n2"
    assert owner(Cell("kubelet", ("n1", "nginx")), actors) == "kubelet/n1"
    assert owner(Cell("calls", ("kubelet/n1",)), actors) is None
