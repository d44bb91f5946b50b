"""pods(P, N) tuned by hand for speed: flat tuples, successors built in place, no function per action; no traces."""

from collections.abc import Iterator

Pod = tuple[str, int | None, bool]
Cells = tuple[object, ...]
PHASE = {"none": "Pending", "running": "Running", "exited": "Failed"}


def search(pods: int, nodes: int, most: int) -> int:
    """Explore breadth first until there are `most` states or no more; return how many there are."""
    first: Cells = ((0, None, None, *((None, "none") * nodes)),) * pods
    seen, level = {first}, [first]
    while level and len(seen) < most:
        following = []
        for state in level:
            for after in _successors(state, pods, nodes):
                if after not in seen:
                    seen.add(after)
                    following.append(after)
        level = following
    return len(seen)


def _successors(state: Cells, pods: int, nodes: int) -> Iterator[Cells]:
    for i in range(pods):
        pod: tuple[object, ...] = state[i]  # type: ignore[assignment]
        head, tail = state[:i], state[i + 1 :]
        for changed in _of_pod(pod, nodes):
            yield (*head, changed, *tail)
        user, stored, seen = pod[:3]
        if seen is not None and seen[1] is None and stored is not None and stored[1] is None and not stored[2]:  # type: ignore[index]
            for node in range(nodes):
                if sum(other[2] is not None and other[2][1] == node for other in state) < (pods + 1) // 2:  # type: ignore[index]
                    bound = ("Pending", node, False)
                    yield (*head, (user, bound, bound, *pod[3:]), *tail)


def _of_pod(pod: tuple[object, ...], nodes: int) -> Iterator[tuple[object, ...]]:
    user, stored, seen = pod[:3]
    rest = pod[3:]
    etcd: Pod | None = stored  # type: ignore[assignment]
    if user == 0 and etcd is None:
        yield (1, ("Pending", None, False), seen, *rest)
    if user == 1 and etcd is not None and not etcd[2]:
        yield (2, None if etcd[1] is None else (etcd[0], etcd[1], True), seen, *rest)
    if seen != etcd:
        yield (user, etcd, etcd, *rest)
    for node in range(nodes):
        known: Pod | None = rest[2 * node]  # type: ignore[assignment]
        running = rest[2 * node + 1]
        before, after = rest[: 2 * node], rest[2 * node + 2 :]
        news = etcd if etcd is not None and etcd[1] == node else None
        if known != news:
            yield (user, etcd, seen, *before, news, running, *after)
        wanted = known is not None and not known[2]
        if wanted and running == "none":
            yield (user, etcd, seen, *before, known, "running", *after)
        if running != "none" and not wanted:
            yield (user, etcd, seen, *before, known, "none", *after)
        if known is not None and news is not None:
            if known[2] and running == "none":
                yield (user, None, seen, *rest)
            elif news[0] != PHASE[str(running)]:
                yield (user, (PHASE[str(running)], news[1], news[2]), seen, *rest)
        if running == "running":
            yield (user, etcd, seen, *before, known, "exited", *after)
        if wanted and running == "exited":
            yield (user, etcd, seen, *before, known, "running", *after)
