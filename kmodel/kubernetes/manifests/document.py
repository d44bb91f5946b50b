"""From a file's bytes to YAML documents whose every field knows its line; JSON and KYAML are YAML, too.

What YAML allows and a manifest cannot mean is refused here, for the fields that the model reads and for all others:
duplicate keys, keys that are no text, aliases that contain themselves, tags of other languages.
"""

import json
from typing import cast

import yaml

from kmodel.kubernetes.manifests.field import Field, joined, key_text, tag_of
from kmodel.kubernetes.manifests.input_error import InputError, quoted

LARGEST_FILE_BYTES = 1 << 20
DEEPEST = 60  # levels of nesting; a real manifest has about a dozen


def documents(file: str, data: bytes) -> tuple[Field, ...]:
    """Return the YAML documents in a file's bytes, without the empty ones; InputError if they are malformed."""
    text = _decoded(file, data)
    try:
        loader = yaml.SafeLoader(text)
        nodes: list[yaml.Node] = []
        while loader.check_node():
            nodes.append(cast(yaml.Node, loader.get_node()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _malformed(file, None if mark is None else mark.line + 1, error.problem or error.context or "") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            file,
            line,
            "",
            f"holds the control character {chr(int(error.character))!a}",
            "remove it, or escape it in double quotes",
        ) from None
    except RecursionError:
        raise InputError(file, None, "", "is nested too deeply", f"nest at most {DEEPEST} levels") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # for example an escape beyond Unicode
        raise _malformed(file, None, str(error)) from None
    fields = [Field(file, "", node) for node in nodes]
    for field in fields:
        _Scan(file).visit(field.node, "", 0)
    return tuple(field for field in fields if not field.is_null)


def _decoded(file: str, data: bytes) -> str:
    if len(data) > LARGEST_FILE_BYTES:
        raise InputError(file, None, "", f"is larger than {LARGEST_FILE_BYTES} bytes", "split it into several files")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(file, line, "", "is not text in UTF-8", "give a YAML or JSON file saved as UTF-8") from None
    if text.lstrip()[:1] in ("{", "[") and "\t" in text and _is_json(text):
        # YAML forbids the tabs that JSON may be indented with; inside JSON's strings there are none.
        return text.replace("\t", " ")
    return text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _malformed(file: str, line: int | None, problem: str) -> InputError:
    fix = (
        "indent with spaces" if "\\t" in problem else "check the indentation, quotes and brackets here and just before"
    )
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
