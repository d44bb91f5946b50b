"""The orbits found so far, and the steps from their representatives.

In a state that some renamings leave as it is, actions that these map to each other do the same up to renaming: one of
them is asked for all. All steps count, so that the number generated is that of a search that takes each.
"""

from collections import Counter
from collections.abc import Iterator

from kmodel.engines.compiled.tries import NOTHING, Tables
from kmodel.engines.symmetry.canonical import Canonizer
from kmodel.engines.symmetry.numbering import Numbering, Row
from kmodel.engines.symmetry.walking import Walker
from kmodel.kernel import Action, Model
from kmodel.kernel.renaming import numbered, pattern

Alike = dict[int, tuple[int, ...]]  # an action that is asked, and all that it stands for


class Orbits:
    """Representatives by number in the order in which they were found, each with the one that it was found from."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.tables = Tables(model)
        self.numbering = Numbering(model)
        self.canonizer = Canonizer(self.numbering)
        self.walker = Walker(self.tables, self.numbering)
        self.rows: list[Row] = []
        self.twins: list[tuple[int, ...]] = []
        self.parents: list[int] = []  # -1 - i: the initial state i
        self.represented = 0
        self.fired: Counter[tuple[int, ...]] = Counter()
        self._found: dict[Row, int] = {}
        self._alike: dict[tuple[int, ...], Alike] = {}
        ids: dict[object, int] = {}
        self._templates = [
            (ids.setdefault(template, len(ids)), names) for template, names in map(self._template, model.actions)
        ]

    @property
    def generated(self) -> int:
        """How many states were generated: the initial ones, and one per step from a representative."""
        return len(self.model.initial) + sum(len(members) * count for members, count in self.fired.items())

    def fired_by_action(self) -> list[int]:
        """Return how many steps each action took from representatives."""
        counts = [0] * len(self.model.actions)
        for members, count in self.fired.items():
            for action in members:
                counts[action] += count
        return counts

    def representative(self, row: Row) -> Row:
        """Return the representative of a state's orbit."""
        return self.canonizer.representative(row)

    def add(self, row: Row, parent: int) -> None:
        """Add the orbit of a state unless it is there."""
        if row in self._found:
            return
        orbit = self.canonizer.new_orbit(row, self._found)
        if orbit is not None:
            self._found[orbit.row] = len(self.rows)
            self.rows.append(orbit.row)
            self.twins.append(orbit.twins)
            self.parents.append(parent)
            self.represented += orbit.size

    def steps(self, state: int) -> Iterator[tuple[int, Row]]:
        """Yield the steps from a representative, one for all that are alike there: the outcome and the row after it."""
        row, walker = self.rows[state], self.walker
        for action, members in self._alike_in(self.twins[state]).items():
            code = walker.code(action, row)
            if code != NOTHING:
                self.fired[members] += 1
                yield code, walker.after(code, row)

    def telling(self, state: int) -> Iterator[int]:
        """Yield the tries of the specs of states that tell of a representative."""
        row, first = self.rows[state], len(self.model.actions)
        for root in range(first, first + len(self.tables.state_specs)):
            if self.walker.code(root, row) != NOTHING:
                yield root

    def _alike_in(self, twins: tuple[int, ...]) -> Alike:
        alike = self._alike.get(twins)
        if alike is None:
            classes: dict[tuple[int, tuple[int, ...]], list[int]] = {}
            for action, (template, names) in enumerate(self._templates):
                classes.setdefault((template, tuple(twins[name] for name in names)), []).append(action)
            alike = self._alike[twins] = {members[0]: tuple(members) for members in classes.values()}
        return alike

    def _template(self, action: Action) -> tuple[object, tuple[int, ...]]:
        """Return what an action is without its names, and its names in the order in which they occur."""
        numbering = self.numbering
        occurring = [
            numbering.places[name] for _, value in action.binding for name in pattern(numbering.names).findall(value)
        ]
        rewrite = numbered(numbering.names, map(str, numbering.group_of))
        template = (id(action.transition), tuple(rewrite(value) for _, value in action.binding))
        return template, tuple(dict.fromkeys(occurring))

    def path(self, state: int) -> tuple[int, list[int]]:
        """Return the initial state that a representative was reached from, and the representatives on the way."""
        places = [state]
        while (parent := self.parents[places[-1]]) >= 0:
            places.append(parent)
        return -1 - parent, places[::-1]
