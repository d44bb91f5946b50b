"""From a file's bytes to YAML documents whose every field knows its line; JSON and KYAML are YAML, too.

What YAML allows and a manifest cannot mean is refused here, for the fields that the model reads and for all others:
duplicate keys, keys that are no text, aliases that contain themselves, tags of other languages.
"""

import json
from itertools import islice
from typing import cast

import yaml

from kmodel.input_error import InputError, NoManifestError, quoted
from kmodel.kubernetes.manifests.field import Field, joined, key_text, tag_of

LARGEST_FILE_BYTES = 16 << 20
# libyaml is what the parser of Kubernetes was translated from: it takes the same tabs, and is ten times as fast.
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TEMPLATE = "{{"  # how an expression begins that Helm fills in
RENDER = "run `helm template CHART | kmodel check -f -` on its chart"
DEEPEST = 60  # levels of nesting; a real manifest has about a dozen


def documents(file: str, data: bytes) -> tuple[Field, ...]:
    """Return the YAML documents in a file's bytes, without the empty ones; InputError if they are malformed."""
    text = _decoded(file, data)
    try:
        return _documents(file, text)
    except InputError as error:
        raise _unrendered(file, text, error.line) or error from None


def _unrendered(file: str, text: str, line: int | None) -> NoManifestError | None:
    """Return the error of a Helm template, which is no YAML before it is filled in; None if the text is none."""
    for number, content in enumerate(text.split("\n")[:line], 1):
        if TEMPLATE in content:
            return NoManifestError(file, number, "", "is a Helm template", RENDER)
    return None


def _documents(file: str, text: str) -> tuple[Field, ...]:
    is_json = text.lstrip()[:1] in ("{", "[") and _is_json(text)
    if is_json:  # YAML forbids the tabs that JSON may be indented with; inside JSON's strings there are none.
        text = text.replace("\t", " ")
    try:
        # Of the two, only PyYAML's own takes a character that JSON escapes as two surrogates.
        loader = yaml.SafeLoader(text) if is_json else LOADER(text)
        nodes: list[yaml.Node] = []
        while loader.check_node():
            nodes.append(cast(yaml.Node, loader.get_node()))
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in str(error.problem):
            raise _too_deep(file) from None
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise _malformed(file, text, line, error.problem or error.context or "") from None
    except yaml.reader.ReaderError as error:
        character = chr(int(error.character))
        line = text.count("\n", 0, text.find(character)) + 1
        raise InputError(
            file,
            line,
            "",
            f"holds the control character {character!a}",
            "remove it, or escape it in double quotes",
        ) from None
    except RecursionError:
        raise _too_deep(file) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # for example an escape beyond Unicode
        raise _malformed(file, text, None, str(error)) from None
    fields = [Field(file, "", node) for node in nodes]
    for field in fields:
        _Scan(file).visit(field.node, "", 0)
    return tuple(field for field in fields if not field.is_null)


def _decoded(file: str, data: bytes) -> str:
    if len(data) > LARGEST_FILE_BYTES:
        raise InputError(
            file, None, "", f"is larger than {LARGEST_FILE_BYTES >> 20} MiB", "split it into several files"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(file, line, "", "is not text in UTF-8", "give a YAML or JSON file saved as UTF-8") from None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _too_deep(file: str) -> InputError:
    return InputError(file, None, "", "is nested too deeply", f"nest at most {DEEPEST} levels")


def _malformed(file: str, text: str, line: int | None, problem: str) -> InputError:
    content = "" if line is None else next(islice(text.split("\n"), line - 1, None), "")
    is_tab = "\t" in content[: len(content) - len(content.lstrip())]
    fix = "indent with spaces" if is_tab else "check the indentation, quotes and brackets here and just before"
    return InputError(file, line, "", f"is not valid YAML: {problem}", fix)


class _Scan:
    """One walk over all nodes of a document, each node once: so an alias bomb costs no more than its text."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.done: set[int] = set()
        self.open: set[int] = set()

    def visit(self, node: yaml.Node, path: str, depth: int) -> None:
        """Check the node and all below it."""
        if id(node) in self.open:
            raise self._error(node, path, "is an alias that contains itself", "write the value out")
        if id(node) in self.done:
            return
        if depth > DEEPEST:
            raise self._error(node, path, "is nested too deeply", f"nest at most {DEEPEST} levels")
        if tag_of(node) is None:
            raise self._error(node, path, f"has the tag {quoted(str(node.tag))}", "remove the tag")
        self.open.add(id(node))
        if isinstance(node, yaml.MappingNode):
            self._mapping(node, path, depth)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.visit(item, f"{path}[{index}]", depth + 1)
        self.open.remove(id(node))
        self.done.add(id(node))

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> None:
        lines: dict[str, int] = {}
        for key, value in node.value:
            if tag_of(key) == "boolean":
                raise self._error(key, path, f"has the key {key.value}, a boolean in YAML", f'write "{key.value}"')
            if not isinstance(key, yaml.ScalarNode) or tag_of(key) in ("null", None):
                raise self._error(key, path, "has a key that is not text", "use a plain name as the key")
            name = key_text(key)
            if name in lines:
                raise self._error(
                    key, joined(path, name), f"is given twice, first on line {lines[name]}", "remove one of them"
                )
            lines[name] = key.start_mark.line + 1
            self.visit(value, joined(path, name), depth + 1)

    def _error(self, node: yaml.Node, path: str, problem: str, fix: str) -> InputError:
        return InputError(self.file, node.start_mark.line + 1, path, problem, fix)
