"""Typed access to the fields of a YAML document; an error names the file, the line and the field's path."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TypeVar

import attrs
import yaml

from kmodel.input_error import InputError, quoted
from kmodel.kubernetes.manifests import quantity

T = TypeVar("T")

TAGS = {
    "tag:yaml.org,2002:str": "string",
    "tag:yaml.org,2002:value": "string",
    "tag:yaml.org,2002:merge": "string",
    "tag:yaml.org,2002:timestamp": "string",  # JSON, which manifests become, has no dates
    "tag:yaml.org,2002:int": "number",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:map": "mapping",
    "tag:yaml.org,2002:seq": "list",
}
MERGE = "tag:yaml.org,2002:merge"
TRUE = ("true", "yes", "on")
LONGEST_NUMBER = 40  # characters


def tag_of(node: yaml.Node) -> str | None:
    """Return a node's type in JSON's words; None for tags that manifests cannot have."""
    name = TAGS.get(node.tag)
    shapes = {"mapping": yaml.MappingNode, "list": yaml.SequenceNode}
    if name is None or not isinstance(node, shapes.get(name, yaml.ScalarNode)):
        return None
    # YAML 1.1 reads 12:30 as 750; the parser that Kubernetes uses does not.
    return "string" if name == "number" and ":" in node.value else name


def key_text(key: yaml.ScalarNode) -> str:
    """Return a key as text."""
    return str(key.value)


def joined(path: str, name: str) -> str:
    """Return the path of a field within the thing at the path."""
    if "." in name or "/" in name:
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def did_you_mean(name: str, known: Collection[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that the user probably meant."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), list(by_lower), n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def choose(name: str, known: Collection[str]) -> str:
    """Return the fix for a name that is not among the known ones."""
    meant = did_you_mean(name, known)
    return (f'did you mean "{meant}"? ' if meant else "") + "use one of " + ", ".join(known)


@attrs.frozen(eq=False)
class Field:
    """A value in a file, with its path from the top of the document."""

    file: str
    path: str
    node: yaml.Node

    @property
    def line(self) -> int:
        """The line on which the value begins, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def is_null(self) -> bool:
        """Whether the value is null, which manifests mean as absent."""
        return tag_of(self.node) == "null"

    @property
    def is_string(self) -> bool:
        """Whether the value is a string."""
        return tag_of(self.node) == "string"

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return tag_of(self.node) == "mapping"

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return tag_of(self.node) == "list"

    def error(self, problem: str, fix: str) -> InputError:
        """Return the error that this value has a problem."""
        return InputError(self.file, self.line, self.path, problem, fix)

    def _is_a(self) -> str:
        tag = tag_of(self.node)
        if tag in ("mapping", "list"):
            return f"is a {tag}"
        if tag == "null":
            return "is null"
        return f"is the {tag} {quoted(str(self.node.value))}"

    def string(self) -> str:
        """Return a string."""
        tag = tag_of(self.node)
        if tag in ("boolean", "number"):
            raise self.error(f"is the {tag} {self.node.value}, not a string", f'write "{self.node.value}"')
        if tag != "string":
            raise self.error(f"{self._is_a()}, not a string", 'write a text, for example "nginx"')
        return self._unicode(str(self.node.value))

    def _unicode(self, text: str) -> str:
        try:  # JSON escapes a character beyond 16 bits as two surrogates
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self.error("holds half of a Unicode character", "write the character itself") from None

    def one_of(self, known: Collection[str]) -> str:
        """Return a string that is one of the known ones."""
        text = self.string()
        if text not in known:
            raise self.error(f"is {quoted(text)}", choose(text, known))
        return text

    def boolean(self) -> bool:
        """Return true or false."""
        if tag_of(self.node) != "boolean":
            raise self.error(f"{self._is_a()}, not a boolean", "write true or false, without quotes")
        return str(self.node.value).lower() in TRUE

    def integer(self, minimum: int = -(2**31), maximum: int = 2**31 - 1) -> int:
        """Return a whole number within the bounds."""
        text = str(self.node.value) if tag_of(self.node) == "number" else ""
        number = _integer(text)
        if number is None:
            raise self.error(f"{self._is_a()}, not a whole number", "write a whole number, without quotes")
        if not minimum <= number <= maximum:
            raise self.error(f"is {quoted(text)}", f"use a whole number from {minimum} to {maximum}")
        return number

    def quantity(self, *, milli: bool = False) -> int:
        """Return a quantity in whole units, or in thousandths."""
        if tag_of(self.node) not in ("string", "number"):
            raise self.error(f"{self._is_a()}, not a quantity", 'write a quantity, for example "500m" or "100Mi"')
        text = str(self.node.value)
        number = _integer(text) if tag_of(self.node) == "number" else None
        text = text if number is None else str(number)
        try:
            return quantity.millicores(text) if milli else quantity.whole_units(text)
        except quantity.QuantityError as error:
            raise self.error(f"{quoted(text)} {error.problem}", error.fix) from None

    def items(self) -> tuple["Field", ...]:
        """Return the items of a list."""
        if not self.is_list:
            raise self.error(f"{self._is_a()}, not a list", 'write a list, each item on its own line after "- "')
        return tuple(Field(self.file, f"{self.path}[{index}]", item) for index, item in enumerate(self.node.value))

    def strings(self) -> tuple[str, ...]:
        """Return the strings of a list."""
        return tuple(item.string() for item in self.items())

    def fields(self) -> "Fields":
        """Return the fields of a mapping."""
        if not self.is_mapping:
            raise self.error(f"{self._is_a()}, not a mapping", "write its fields as name: value")
        members: dict[str, tuple[int, Field]] = {}
        for key, value in _members(self.node, set()):
            name = key_text(key)
            if name not in members:  # a mapping's own fields come first, then the merged ones
                members[name] = (int(key.start_mark.line) + 1, Field(self.file, joined(self.path, name), value))
        return Fields(self, members)


def _members(node: yaml.Node, seen: set[int]) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    if id(node) in seen:
        return
    seen.add(id(node))
    merged: list[yaml.Node] = []
    for key, value in node.value:
        if key.tag == MERGE:
            merged.extend(value.value if isinstance(value, yaml.SequenceNode) else [value])
        else:
            yield key, value
    for source in merged:
        if isinstance(source, yaml.MappingNode):
            yield from _members(source, seen)


def _integer(text: str) -> int | None:
    text = text.replace("_", "")
    if len(text) > LONGEST_NUMBER:
        return None
    digits = text.lstrip("+-")
    base = 8 if digits.startswith("0") and digits.isdecimal() else 0
    try:
        return int(text, base)
    except ValueError:
        return None


@attrs.define(eq=False)
class Fields:
    """The fields of a mapping; it remembers which were asked for, so that none is overlooked in silence."""

    field: Field
    members: dict[str, tuple[int, Field]]
    asked: set[str] = attrs.field(factory=set)

    def __contains__(self, name: str) -> bool:
        return self.optional(name) is not None

    def optional(self, name: str) -> Field | None:
        """Return a field; None if it is absent or null."""
        self.asked.add(name)
        _, member = self.members.get(name, (0, None))
        return None if member is None or member.is_null else member

    def required(self, name: str, fix: str | None = None) -> Field:
        """Return a field that must be there."""
        member = self.optional(name)
        if member is None:
            raise InputError(
                self.field.file, self.field.line, joined(self.field.path, name), "is missing", fix or f"add {name}"
            )
        return member

    def others(self) -> Iterator[tuple[str, int, Field]]:
        """Yield the fields that nobody asked for: name, line of the name, field."""
        for name, (line, member) in self.members.items():
            if name not in self.asked:
                yield name, line, member

    def refuse_others(self, what: str, known: Collection[str]) -> None:
        """Raise InputError if there is a field that is not among the known ones."""
        for name, line, member in self.others():
            if name in known:
                continue
            raise InputError(member.file, line, member.path, f"is not a field of {what}", choose(name, known))

    def unmodelled(self, known: Collection[str]) -> tuple[str, ...]:
        """Return the paths of the fields that nobody asked for; InputError if one looks like a slip of the pen."""
        for name, line, member in self.others():
            meant = None if name in known else did_you_mean(name, known, cutoff=0.8)
            if meant is not None:
                raise InputError(
                    member.file, line, member.path, "is not a field that Kubernetes has", f'did you mean "{meant}"?'
                )
        return tuple(member.path for _, _, member in self.others() if not member.is_null)
