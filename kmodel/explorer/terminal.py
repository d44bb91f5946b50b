"""The explorer in a terminal: what is asked are lines, and what is said are lines, so that it can be piped, too."""

from collections.abc import Iterable, Iterator

import attrs

from kmodel.explorer.walk import Address, NowhereError, Walk
from kmodel.printable import in_one_line
from kmodel.reporting.columns import columns, wrapped
from kmodel.reporting.diff import changes
from kmodel.reporting.state_shown import marked, state_text
from kmodel.reporting.story import event_table, line
from kmodel.reporting.wording import count

HELP = (
    "NUMBER takes a step; ? NUMBER shows what it would change; u undoes; r [N] takes random steps; "
    "n goes on to rest, as usual; s shows the state; d tells what cannot happen and why; "
    "w SPEC goes the shortest way to what a spec looks for, and w CELL.ATTRIBUTE = VALUE to where that is so; "
    "p shows the way here; h shows this; q ends"
)


@attrs.define
class TerminalWalk:
    """A walk through a model, led by lines of text; `address` is where it is."""

    walk: Walk
    address: Address
    width: int

    def talk(self, asked: Iterable[str]) -> Iterator[str]:
        """Yield what there is to say at first, and to each line that is asked, until it is q."""
        yield from wrapped(HELP, self.width, 0, hanging=2)
        yield from self._here()
        for text in asked:
            word, _, rest = text.strip().partition(" ")
            if word == "q":
                return
            try:
                yield from self._answer(word, rest.strip())
            except NowhereError as nowhere:
                yield in_one_line(str(nowhere))

    def _answer(self, word: str, rest: str) -> Iterator[str]:
        if word.isascii() and word.isdigit():
            self.address = self._choice(word)
            return self._here()
        told = {"?": self._would, "s": self._state, "d": self._disabled, "p": self._way, "h": self._help}
        if word in told:
            return told[word](rest)
        moves = {"u": self._back, "r": self._random, "n": self._onwards, "w": self._nearest}
        if word not in moves:
            raise NowhereError(f"{word[:40]!r} is nothing that can be asked; h shows what can")
        self.address = moves[word](rest)
        return self._here()

    def _choice(self, text: str) -> Address:
        ahead = [each for each in self.walk.ahead(self.address) if not each.is_idle]
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
        if not 1 <= number <= len(ahead):
            raise NowhereError(f"there is no step {text[:40]!r} here, only 1 to {len(ahead)}")
        return ahead[number - 1].address

    def _back(self, rest: str) -> Address:
        return self.address[:-1] if len(self.address) > 1 else self.address

    def _random(self, rest: str) -> Address:
        return self.walk.at_random(self.address, int(rest) if rest.isascii() and rest.isdigit() else 1)

    def _onwards(self, rest: str) -> Address:
        return self.walk.onwards(self.address)

    def _nearest(self, rest: str) -> Address:
        return self.walk.nearest(self.address, rest)

    def _here(self) -> Iterator[str]:
        """Yield where it is, what the specs say, and what can happen next."""
        trace, live = self.walk.trace(self.address), self.walk.live(self.address)
        yield ""
        yield f"After {count(len(trace.steps), 'step')}, at {trace.path}"
        if trace.steps:
            last = line(len(trace.steps), trace.steps[-1])
            yield from wrapped(f"{last.actor}: {last.reason} {last.object}: {last.message}", self.width, 0, hanging=2)
        for spec, why in live.wrong:
            yield from wrapped(f"VIOLATED {spec.name}: {why}", self.width, 0, hanging=2)
        ahead = [line(0, each.step) for each in self.walk.ahead(self.address) if not each.is_idle]
        if not ahead:
            yield "Nothing can happen: the system rests here, and nobody asks for more."
            return
        rows = [[str(number), x.actor, x.reason, x.object, x.message] for number, x in enumerate(ahead, start=1)]
        for lines in columns(["", "ACTOR", "REASON", "OBJECT", "MESSAGE"], rows, self.width):
            yield from lines

    def _would(self, rest: str) -> Iterator[str]:
        trace = self.walk.trace(self._choice(rest))
        for change in changes(trace.states[-2], trace.last):
            yield from wrapped(str(change), self.width, 0, hanging=2)

    def _state(self, rest: str) -> Iterator[str]:
        trace, tables = self.walk.trace(self.address), self.walk.subject.state
        before = tables(trace.states[-2] if trace.steps else trace.last)
        yield from state_text(marked(tables(trace.last), before), self.width).split("\n")

    def _disabled(self, rest: str) -> Iterator[str]:
        for each in self.walk.disabled(self.address):
            because = f" because {each.cell} shows {each.saw}" if each.cell else f" {each.saw}".rstrip()
            yield from wrapped(f"{each.action}{because}", self.width, 0, hanging=2)

    def _way(self, rest: str) -> Iterator[str]:
        yield from event_table(self.walk.trace(self.address), width=self.width).split("\n")

    def _help(self, rest: str) -> Iterator[str]:
        yield from wrapped(HELP, self.width, 0, hanging=2)
