"""The identity of a model: the digest by which a checkpoint knows whether it is of this model."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmodel.engines.checkpoints.identity import _Told, identity
from kmodel.kernel import Cell, Cluster, Model, invariant


class Weight:
    def __init__(self, weight: int) -> None:
        self.weight = weight

    def of(self, cluster: Cluster, more: int) -> int:
        return self.weight + more


LIMITS = {"most": 3}


def weighing(weigh: Any) -> str:
    def heavy(cluster: Cluster, weigh: Any = weigh, *, most: int = LIMITS["most"]) -> bool:
        return bool(weigh(cluster) > most + LIMITS["most"])

    return identity(Model((Cluster.of({Cell("x"): 0}),), (), (invariant(heavy),)))


def test_the_identity_of_a_model_knows_defaults_partials_methods_and_what_functions_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ways = [weighing(partial(Weight(weight).of, more=more)) for weight in (1, 2) for more in (1, 2)] + [
        weighing(lambda cluster: 1),
        weighing(lambda cluster: 2),
        weighing(len),
    ]
    assert len(set(ways)) == len(ways)
    assert weighing(partial(Weight(1).of, more=1)) == ways[0]
    monkeypatch.setitem(LIMITS, "most", 4)
    assert weighing(partial(Weight(1).of, more=1)) != ways[0]


@pytest.mark.long
def test_the_identity_of_a_model_knows_its_helper_modules(tmp_path: Path) -> None:
    code = """
import sys
sys.path[:0] = [{folder!r}, {here!r}]
import model
from kmodel.engines.checkpoints.identity import identity
print(identity(model.MODEL))
"""
    (tmp_path / "model").mkdir()
    (tmp_path / "helper").mkdir()
    (tmp_path / "model" / "model.py").write_text(
        "import sys; sys.path.insert(0, {!r})\n"
        "from helping import most\n"
        "from kmodel.kernel import Cell, Cluster, Model, transition\n"
        "X = Cell('x')\n"
        "@transition(actor='a')\n"
        "def up(cluster):\n"
        "    return cluster.set(X, cluster[X] + 1) if cluster[X] < most() else None\n"
        "MODEL = Model((Cluster.of({{X: 0}}),), (up.bind(),))\n".format(str(tmp_path / "helper"))
    )

    (tmp_path / "deep").mkdir()

    def told(helper: str, seed: str, step: int = 1) -> str:
        (tmp_path / "helper" / "helping.py").write_text(helper)
        (tmp_path / "deep" / "deeper.py").write_text(f"def step():\n    return {step}\n")
        done = subprocess.run(
            [sys.executable, "-B", "-c", code.format(folder=str(tmp_path / "model"), here=str(Path.cwd()))],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    one = told("LIMIT = 3\ndef most():\n    return LIMIT\n", "1")
    assert one == told("LIMIT = 3\ndef most():\n    return LIMIT\n", "2")
    assert one != told("LIMIT = 4\ndef most():\n    return LIMIT\n", "1")
    importing = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'deep')!r})\nimport deeper\ndef most():\n    return 3\n"
    )
    assert told(importing, "1") == told(importing, "2")
    assert told(importing, "1") != told(importing, "1", step=2)


def holding(limit: int) -> str:
    class Limit:
        def holds(self, cluster: Cluster) -> bool:
            return bool(cluster[Cell("x")] < limit)

    made = Limit()
    return weighing(made.holds)


def test_the_identity_of_a_model_knows_what_methods_of_its_classes_close_over() -> None:
    assert holding(2) != holding(9)
    assert holding(2) == holding(2)
    assert through_an_instance(2) != through_an_instance(9)


def through_an_instance(limit: int) -> str:
    class Limit:
        @property
        def limit(self) -> int:
            return limit

    return weighing(partial(_below, Limit()))


def _below(limit: Any, cluster: Cluster) -> bool:
    return bool(cluster[Cell("x")] < limit.limit)


INSTALLED = """
import sys
sys.path[:0] = [{folder!r}, {site!r}, {here!r}]
import model
from kmodel.engines.checkpoints.identity import identity
print(identity(model.MODEL))
"""
USES_HELPERS = """
import helping, packed
from kmodel.kernel import Cell, Cluster, Model, transition
X = Cell('x')
@transition(actor='a')
def up(cluster):
    return cluster.set(X, cluster[X] + 1) if cluster[X] < helping.most() + packed.more() else None
MODEL = Model((Cluster.of({X: 0}),), (up.bind(),))
"""


@pytest.mark.long
def test_the_identity_of_a_model_knows_its_helpers_that_are_installed(tmp_path: Path) -> None:
    files = {
        "site-packages/helping.py": "def most():\n    return 3\n",
        "site-packages/packed/__init__.py": "from packed.inner import more\n",
        "site-packages/packed/inner.py": "def more():\n    return 1\n",
        "site-packages/packed-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: packed\nVersion: 1.0\n",
        "site-packages/packed-1.0.dist-info/top_level.txt": "packed\n",
        "site-packages/unused.py": "LIMIT = 3\n",
        "own/model.py": USES_HELPERS,
    }

    def told(changed: str = "", old: str = "", new: str = "") -> str:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text.replace(old, new) if name.endswith(changed or "-") else text)
        site, own = str(tmp_path / "site-packages"), str(tmp_path / "own")
        code = INSTALLED.format(folder=own, site=site, here=str(Path.cwd()))
        return subprocess.run(
            [sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=60, check=True
        ).stdout

    before = told()
    assert before == told() == told("unused.py", "3", "4")
    ways = [told("helping.py", "3", "4"), told("inner.py", "1", "2"), told("METADATA", "1.0", "1.1")]
    assert len({before, *ways}) == 4


def test_what_kmodel_itself_needs_counts_by_its_version() -> None:
    told = _Told()
    told.text(the_largest)
    assert f"numpy {np.__version__}" in told.versions
    assert {root.name for root in told.roots} == {"kmodel", "tests"}


def the_largest(cluster: Cluster) -> bool:
    return bool(np.max([cluster[Cell("x")]]) > 1)
