"""Environment variable -> the key of a service, which goes to that service and into no text."""

import json
import re
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, quote_plus

from pipeline.config import secret
from pipeline.errors import PaperatlasError

SHORTEST, LONGEST = 8, 500  # characters; a shorter text would be found, and hidden, in the titles of papers
HIDDEN = "[key]"
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{,59}|(?=\w*_)[A-Za-z_][A-Za-z0-9_]{,59}")  # a name, and no key in its place


@dataclass(frozen=True)
class KeyRule:
    """How a service takes a key: as a query parameter or as a header, there behind a prefix.

    page: where one gets a key; hint: what it is good for; interval: seconds between requests with a key, None where it
    changes nothing; variable: an environment variable that is read where none is named.
    """

    page: str
    hint: str = "a free key allows more"
    parameter: str = ""
    header: str = ""
    prefix: str = ""
    interval: float | None = None
    variable: str | None = None


@dataclass(frozen=True)
class Key:
    """variable: the environment variable that holds it.

    >>> Key(KeyRule("https://example.org", parameter="api_key"), "MY_KEY", "0123456789")
    Key(variable='MY_KEY')
    """

    _rule: KeyRule = field(repr=False)
    variable: str
    _value: str = field(repr=False)

    @property
    def parameters(self) -> dict[str, str]:
        return {self._rule.parameter: self._value} if self._rule.parameter else {}

    @property
    def headers(self) -> dict[str, str]:
        return {self._rule.header: f"{self._rule.prefix}{self._value}"} if self._rule.header else {}

    def hide(self, text: str) -> str:
        """The text without the key, also where it is escaped as in an address, in JSON or in HTML.

        >>> Key(KeyRule("https://example.org"), "MY_KEY", "01234+6789").hide("?api_key=01234%2b6789&page=2")
        '?api_key=[key]&page=2'
        """
        return re.sub("|".join(map(re.escape, self._forms())), HIDDEN, text, flags=re.IGNORECASE)

    def hide_in_bytes(self, body: bytes) -> bytes:
        """The same in a response as it came."""
        pattern = b"|".join(re.escape(form.encode()) for form in self._forms())
        return re.sub(pattern, HIDDEN.encode(), body, flags=re.IGNORECASE)

    def _forms(self) -> list[str]:
        in_json = json.dumps(self._value)[1:-1]
        forms = {self._value, quote(self._value), quote(self._value, safe=""), quote_plus(self._value)}
        forms |= {escape(self._value), in_json, in_json.replace("/", "\\/")}
        return sorted(forms, key=len, reverse=True)


def read_key(service: str, rule: KeyRule | None, variable: str | None) -> Key | None:
    """The key in the variable that was named; None where none was. Raises PaperatlasError for an unusable one."""
    if rule is None:
        if variable is not None:
            raise PaperatlasError(f"{service}: takes no key, and needs none")
        return None
    if variable is None:
        variable = rule.variable
        if not variable or not secret(variable):
            return None
    value = "" if "\0" in variable else (secret(variable) or "").strip()
    if not value:
        shown = variable if VARIABLE.fullmatch(variable) else "that was named (name a variable, not the key itself)"
        raise PaperatlasError(
            f"{service}: the environment variable {shown} is not set, or empty; it should hold a key from {rule.page}"
        )
    if not SHORTEST <= len(value) <= LONGEST or not re.fullmatch(r"[\x21-\x7e]+", value):
        raise PaperatlasError(
            f"{service}: what the environment variable {variable} holds is no key: {SHORTEST} to {LONGEST} letters,"
            " digits and signs without spaces"
        )
    return Key(rule, variable, value)
