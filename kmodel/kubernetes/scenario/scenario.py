"""A scenario: what is explored."""

from pathlib import Path
from typing import Literal, get_args

import attrs

from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.scenario.caveats import NONE, Caveats
from kmodel.kubernetes.scenario.endings import RefusedRequest

Engine = Literal["exhaustive", "delays", "hypothesis"]
SCENARIO_ENGINES: tuple[Engine, ...] = get_args(Engine)  # the first unless it says otherwise


@attrs.frozen
class Scenario:
    """Manifests, sizes, requests, faults and budgets, as settings of the control plane; and how to explore them.

    `taking_part` names the actors, `left_out` says in sentences who does not take part and why, `ignored_fields` which
    fields of the manifests the model does not read (`pod/nginx: spec.volumes`): reports show both. `interchangeable`
    has the groups of names that it declares to be; None if it leaves that to kmodel.
    `caveats` has what the model does not have of the manifests, and what of that weakens a verdict; `assumed` are the
    objects that somebody declared to be there. `catalog` has the components, kinds and faults that there are.
    """

    name: str
    settings: Settings
    description: str = ""
    sources: tuple[Path, ...] = ()
    engine: Engine = "exhaustive"
    max_states: int | None = None
    interchangeable: tuple[tuple[str, ...], ...] | None = None
    taking_part: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    ignored_fields: tuple[str, ...] = ()
    caveats: Caveats = NONE
    assumed: tuple[str, ...] = ()
    refused: tuple[RefusedRequest, ...] = ()  # by the api-server, whatever else happens
    expected: frozenset[tuple[str, str]] = frozenset()  # what may become of an object without being wrong
    catalog: Catalog = BUILT_IN
    is_plain: bool = False  # whether there are manifests only, and nothing that says what is asked of them
