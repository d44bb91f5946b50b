"""pods(P, N) of tests/toys/pods.py in Promela, for Spin."""

NONE, PENDING, RUNNING, FAILED = range(4)


def pods(pods: int, nodes: int) -> str:
    """Return the model; one `do` loop of atomic alternatives, one per action, each disabled when it changes nothing."""
    pairs = [(pod, node) for pod in range(pods) for node in range(nodes)]
    alternatives = [text for pod in range(pods) for text in _of_pod(pod)]
    alternatives += [text for pod, node in pairs for text in _of_pair(pod, node, pods, nodes)]
    lines = [
        f"byte user[{pods}], phase[{pods}], at[{pods}], deleting[{pods}];",
        f"byte seen[{pods}], seen_at[{pods}], seen_deleting[{pods}];",
        f"byte kubelet[{pods * nodes}], kubelet_deleting[{pods * nodes}], container[{pods * nodes}];",
        "active proctype control_plane() { do",
        *(f":: atomic {{ {guard} -> {effect} }}" for guard, effect in alternatives),
        "od }",
    ]
    return "\n".join(lines) + "\n"


def _of_pod(i: int) -> list[tuple[str, str]]:
    gone = f"phase[{i}] = {NONE}; at[{i}] = 0; deleting[{i}] = 0"
    present = f"user[{i}] == 1 && phase[{i}] != {NONE} && !deleting[{i}]"
    differs = f"(seen[{i}] != phase[{i}] || seen_at[{i}] != at[{i}] || seen_deleting[{i}] != deleting[{i}])"
    return [
        (
            f"user[{i}] == 0 && phase[{i}] == {NONE}",
            f"user[{i}] = 1; phase[{i}] = {PENDING}; at[{i}] = 0; deleting[{i}] = 0",
        ),
        (f"{present} && at[{i}]", f"user[{i}] = 2; deleting[{i}] = 1"),
        (f"{present} && !at[{i}]", f"user[{i}] = 2; {gone}"),
        (differs, f"seen[{i}] = phase[{i}]; seen_at[{i}] = at[{i}]; seen_deleting[{i}] = deleting[{i}]"),
    ]


def _of_pair(i: int, node: int, pods: int, nodes: int) -> list[tuple[str, str]]:
    k, n, room = i * nodes + node, node + 1, (pods + 1) // 2
    bound = " + ".join(f"(seen_at[{other}] == {n})" for other in range(pods))
    stored = f"phase[{i}] != {NONE} && at[{i}] == {n}"
    finished = f"(kubelet_deleting[{k}] && container[{k}] == 0)"
    told = f"(container[{k}] == 0 -> {PENDING} : (container[{k}] == 1 -> {RUNNING} : {FAILED}))"
    wanted = f"kubelet[{k}] != {NONE} && !kubelet_deleting[{k}]"
    return [
        (
            f"seen[{i}] != {NONE} && !seen_at[{i}] && phase[{i}] != {NONE} && !at[{i}] && !deleting[{i}] "
            f"&& ({bound}) < {room}",
            f"phase[{i}] = {PENDING}; at[{i}] = {n}; deleting[{i}] = 0; "
            f"seen[{i}] = {PENDING}; seen_at[{i}] = {n}; seen_deleting[{i}] = 0",
        ),
        (
            f"at[{i}] == {n} && (kubelet[{k}] != phase[{i}] || kubelet_deleting[{k}] != deleting[{i}])",
            f"kubelet[{k}] = phase[{i}]; kubelet_deleting[{k}] = deleting[{i}]",
        ),
        (f"at[{i}] != {n} && kubelet[{k}] != {NONE}", f"kubelet[{k}] = {NONE}; kubelet_deleting[{k}] = 0"),
        (f"{wanted} && container[{k}] == 0", f"container[{k}] = 1"),
        (f"container[{k}] && (kubelet[{k}] == {NONE} || kubelet_deleting[{k}])", f"container[{k}] = 0"),
        (f"kubelet[{k}] != {NONE} && {stored} && {finished}", f"phase[{i}] = {NONE}; at[{i}] = 0; deleting[{i}] = 0"),
        (f"kubelet[{k}] != {NONE} && {stored} && !{finished} && phase[{i}] != {told}", f"phase[{i}] = {told}"),
        (f"container[{k}] == 1", f"container[{k}] = 2"),
        (f"{wanted} && container[{k}] == 2", f"container[{k}] = 1"),
    ]


def two_phase_commit(managers: int) -> str:
    """Return two-phase commit; messages are flags, since they are never removed."""
    every = range(managers)
    ready = " && ".join(f"prepared[{i}]" for i in every)
    lines = [
        f"byte manager[{managers}], coordinator; bit prepared[{managers}], sent[{managers}], sent_commit, sent_abort;",
        "active proctype protocol() { do",
        f":: atomic {{ coordinator == 0 && {ready} -> coordinator = 1; sent_commit = 1 }}",
        ":: atomic { coordinator == 0 -> coordinator = 2; sent_abort = 1 }",
    ]
    for i in every:
        lines += [
            f":: atomic {{ coordinator == 0 && sent[{i}] -> prepared[{i}] = 1 }}",
            f":: atomic {{ manager[{i}] == 0 -> manager[{i}] = 1; sent[{i}] = 1 }}",
            f":: atomic {{ manager[{i}] == 0 -> manager[{i}] = 3 }}",
            f":: atomic {{ sent_commit -> manager[{i}] = 2 }}",
            f":: atomic {{ sent_abort -> manager[{i}] = 3 }}",
        ]
    return "\n".join([*lines, "od }"]) + "\n"
