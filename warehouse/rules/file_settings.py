"""The settings of a file, asked for one by one; what is wrong with them is collected in words."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

LIKENESS = 0.6
"""So like a word has to be what was written to be offered in its place; from 0 to 1."""
MOST_LISTED = 12
"""Of the words there are, so many are told where none is like what was written."""
Word = TypeVar("Word", bound=str)


class Settings:
    """One table of a document. What it lacks reads as nothing, and is complained about."""

    def __init__(
        self, table: dict[str, Any], where: str = "", mistakes: list[str] | None = None
    ) -> None:
        self.mistakes: list[str] = [] if mistakes is None else mistakes
        """Of all tables of the document, in the order in which they were found."""
        self._table = table
        self._where = where
        self._read: dict[str, None] = {}
        self._parts: list[Settings] = []

    def complain(self, words: str) -> None:
        """Add a mistake of this table; the words go on after its name."""
        end = "" if words.endswith("?") else "."
        self.mistakes.append(f"{self._where or 'It'} {words}{end}")

    def has(self, name: str) -> bool:
        """Tell whether the table has a setting."""
        return name in self._table

    def skip(self, *names: str) -> None:
        """Leave settings out of what is complained about as unknown."""
        self._read |= dict.fromkeys(names)

    def text(self, name: str, *, such_as: str) -> str:
        """Read words that say something."""
        value = self._asked(name, f'"{such_as}"')
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            self._refuse(name, value, f'must be words in quotes, such as {name} = "{such_as}"')
            return ""
        return value

    def whole(self, name: str, least: int, most: int, *, such_as: int) -> int:
        """Read a whole number between two, both allowed."""
        value = self._asked(name, str(such_as))
        if value is None:
            return least
        # In Python a yes is a number too.
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._refuse(name, value, f"must be a whole number from {least:,} to {most:,}")
            return least
        return value

    def number(self, name: str, least: float, most: float, *, such_as: float) -> float:
        """Read a number between two, both allowed."""
        value = self._asked(name, str(such_as))
        if value is None:
            return least
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not least <= value <= most:
            self._refuse(name, value, f"must be a number from {least:g} to {most:g}")
            return least
        return float(value)

    def flag(self, name: str) -> bool:
        """Read a yes or no."""
        value = self._asked(name, "true")
        if value is not None and not isinstance(value, bool):
            self._refuse(name, value, "must be true or false, without quotes")
        return value is True

    def choice(self, name: str, known: Sequence[Word], *, may_lack: bool = False) -> Word | None:
        """Read one of the words there are."""
        if may_lack and not self.has(name):
            return None
        value = self._asked(name, f'"{known[0]}"')
        return None if value is None else self._known(name, value, known)

    def choices(self, name: str, known: Sequence[Word]) -> list[Word]:
        """Read a list of different words of those there are, with at least one in it."""
        value = self._asked(name, f'["{known[0]}"]')
        if value is None:
            return []
        if not isinstance(value, list) or not value:
            self._refuse(name, value, f'must be a list with one or more, such as ["{known[0]}"]')
            return []
        found = [self._known(name, each, known) for each in value]
        if len(set(map(str, value))) < len(value):
            self._refuse(name, value, "names one twice: keep it once")
        return [each for each in found if each is not None]

    def table(self, name: str) -> Settings | None:
        """Open a table inside this one; None where there is none."""
        if not self.has(name):
            return None
        value = self._asked(name, "")
        if not isinstance(value, dict):
            self._refuse(name, value, f"must be a table: write [{name}] on a line of its own")
            return None
        return self._part(value, f"[{name}]")

    def tables(self, name: str) -> list[Settings]:
        """Open every table of a list of them, numbered from 1 in what is complained about."""
        value = self._table.get(name, [])
        self.skip(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._refuse(name, value, f"must be tables: begin each with a line [[{name}]]")
            return []
        title = name.capitalize()
        return [self._part(each, f"{title} {n}") for n, each in enumerate(value, start=1)]

    def refuse_unread(self) -> None:
        """Complain about every setting that nobody asked for, here and in the tables inside."""
        for name in self._table:
            if name not in self._read:
                self.complain(f"has {name}, which means nothing here{_instead(name, self._read)}")
        for part in self._parts:
            part.refuse_unread()

    def _part(self, table: dict[str, Any], where: str) -> Settings:
        part = Settings(table, where, self.mistakes)
        self._parts.append(part)
        return part

    def _asked(self, name: str, such_as: str) -> Any:
        self.skip(name)
        if name not in self._table:
            self.complain(f"lacks {name}: add {name} = {such_as}")
        return self._table.get(name)

    def _known(self, name: str, value: object, known: Sequence[Word]) -> Word | None:
        for each in known:
            if value == str(each):
                return each
        self._refuse(name, value, f"is none of those there are{_instead(str(value), known)}")
        return None

    def _refuse(self, name: str, value: object, why: str) -> None:
        self.complain(f"says {name} = {_shown(value)}, which {why}")


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _instead(name: str, known: Sequence[str] | dict[str, None]) -> str:
    folded = {str(each).casefold(): str(each) for each in known}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=LIKENESS)
    if close:
        return f": did you mean {folded[close[0]]}?"
    listed = ", ".join(list(map(str, known))[:MOST_LISTED])
    return f": there are {listed}{' and more' if len(known) > MOST_LISTED else ''}"
