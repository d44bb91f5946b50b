"""Text that is safe to show: nothing in it moves the cursor, changes colours or ends a line."""

import json
import re
from collections.abc import Mapping
from typing import Any

BLANKS = dict.fromkeys(map(ord, "\t\n\r\v\f"), " ")
UNSAFE_IN_JSON = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str, keep: str = "") -> str:
    """Return the text with all that would garble a terminal or a page written as escapes, such as `\\x1b`.

    Control characters, lone surrogates and what turns the direction of writing are escaped; the characters to `keep`,
    such as the ends of lines, are not.
    """
    bare = text
    for letter in keep:
        bare = bare.replace(letter, "")
    if bare.isprintable():  # as most texts are, of which some are long
        return text
    return "".join(letter if letter.isprintable() or letter in keep else ascii(letter)[1:-1] for letter in text)


def in_one_line(text: str) -> str:
    """Return the text as one printable line; ends of lines and tabs in it become blanks."""
    return printable(text.translate(BLANKS))


def json_text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON that can be shown and written: what would garble a terminal has JSON's own escapes."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
