"""Whatever the files hold, loading them returns a scenario or raises InputError, in one line; nothing else."""

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmodel.kubernetes.scenario import InputError, load

PROJECT = Path(__file__).parents[2]
SEEDS = [
    file.read_bytes()
    for folder in (Path(__file__).parent / "manifests", PROJECT / "specs" / "scenarios")
    for file in sorted(folder.glob("*.yaml"))
]
DOCUMENTS = [document for seed in SEEDS for document in yaml.safe_load_all(seed) if document]
ODD = [
    "",
    "yes",
    "-1",
    "1e9",
    "100Mi",
    "x" * 300,
    "pod/web",
    "a\nb",
    "\u2028",
    "\x85",
    "{",
    "null",
    "Pod",
    "v1",
    "<<",
    "*",
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(ODD),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(ODD), inner, max_size=3)
    ),
    max_leaves=5,
)
bounded = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(data)
    try:
        scenario = load([file])
    except InputError as error:
        refusal = error
    else:
        assert scenario.sources == (file,)
        return
    assert str(refusal).startswith(str(file))
    assert len(str(refusal).splitlines()) == 1
    assert str(refusal).isprintable()
    assert refusal.fix


@bounded
@given(st.binary(max_size=200))
def test_bytes(tmp_path: Path, data: bytes) -> None:
    check(tmp_path, data)


@bounded
@given(st.text(max_size=200))
def test_text(tmp_path: Path, text: str) -> None:
    check(tmp_path, text.encode("utf-8", "surrogatepass"))


@bounded
@given(st.text("{}[]:,-&*<>|!#?%@'\"\\ \n\tab1", max_size=80))
def test_signs_of_yaml(tmp_path: Path, text: str) -> None:
    check(tmp_path, text.encode())


@bounded
@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=4)), max_size=3)
)
def test_manifests_with_changed_bytes(tmp_path: Path, seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    for where, removed, added in edits:
        start = int(where * len(seed))
        seed = seed[:start] + added + seed[start + removed :]
    check(tmp_path, seed)


@bounded
@given(st.sampled_from(DOCUMENTS), st.randoms(use_true_random=False), values)
def test_manifests_with_a_changed_value(
    tmp_path: Path, document: object, choices: random.Random, value: object
) -> None:
    check(tmp_path, yaml.safe_dump(changed(document, choices, value)).encode())


def changed(node: object, choices: random.Random, value: object) -> object:
    """Return the document with the value somewhere in it."""
    if isinstance(node, dict) and node and choices.random() < 0.85:
        key = choices.choice(sorted(node, key=str))
        return {**node, key: changed(node[key], choices, value)}
    if isinstance(node, list) and node and choices.random() < 0.85:
        index = choices.randrange(len(node))
        return [*node[:index], changed(node[index], choices, value), *node[index + 1 :]]
    return value


@pytest.mark.parametrize(
    "data",
    [b"", b"\xef\xbb\xbf", b"---\n---\n", b"%YAML 9.9\n---\na: 1", b'a: "\\UFFFFFFFF"', b"&a", b"*a", b"!", b"? "],
)
def test_odd_files(tmp_path: Path, data: bytes) -> None:
    check(tmp_path, data)
