"""What rows mean by what they say: values translated and typed, rules applied, all rows at once."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import pyarrow as pa

from pipelines.reading.bound_mapping import FAILED, BoundMapping
from pipelines.reading.column_types import column_type
from pipelines.reading.expressions import literal
from pipelines.reading.mapped_columns import ALLOWED_VALUES, MAPPABLE
from pipelines.reading.row_rules import (
    IATA_CARRIER,
    MINOR_UNITS_PER_MAJOR,
    MOST_CHARACTERS,
    ROW_RULES,
    RowRule,
)

BROKEN: Final = "broken"
"""Which of the rules a row breaks first, by its place; NULL for a segment."""
NUMBERED: Final = "numbered"
"""The flight number as the row says it."""

_TITLE: Final = r"(?:MR|MRS|MS|MISS|MSTR|DR|PROF)\.?"
# DOE/JANE MS and Doe, Jane name the family first, Dr Jane Doe names it last.
_READ_APART: Final = rf"""
    SELECT *,
        flight_number AS {NUMBERED},
        regexp_extract(
            upper(flight_number),
            '^({IATA_CARRIER})?[ -]?0*([1-9][0-9]{{0,4}})$', ['prefix', 'digits']
        ) AS number_parts,
        nullif(number_parts['prefix'], '') AS number_prefix,
        trim(regexp_replace(traveller_name, '\s+', ' ', 'g')) AS whole_name,
        trim(regexp_replace(whole_name, '(?i)^{_TITLE} | {_TITLE}$', '', 'g')) AS plain_name,
        regexp_extract(
            plain_name, '^([^/,]*)[/,](.*)$', ['family', 'given']
        ) AS family_first,
        regexp_extract(plain_name, '^(?:(.*) )?(\S+)$', ['given', 'family']) AS family_last,
        plain_name SIMILAR TO '.*[/,].*' AS is_family_first,
    FROM typed
"""  # noqa: S608 - names and rules of ours
_MADE: Final = f"""
    SELECT * REPLACE (
        nullif(number_parts.digits, '') AS flight_number,
        coalesce(carrier, number_prefix) AS carrier,
        coalesce(given_name, nullif(trim(
            CASE WHEN is_family_first THEN family_first.given ELSE family_last.given END
        ), '')) AS given_name,
        coalesce(family_name, nullif(trim(
            CASE WHEN is_family_first THEN family_first.family ELSE family_last.family END
        ), '')) AS family_name,
        CASE WHEN deleted THEN 'cancelled' ELSE status END AS status
    ),
        {NUMBERED} IS NOT NULL OR origin IS NOT NULL OR departure_on IS NOT NULL
            OR departure_at IS NOT NULL OR departure_local IS NOT NULL AS is_of_flight,
        check_in_on IS NOT NULL OR hotel_ref IS NOT NULL OR hotel_name IS NOT NULL AS is_of_stay,
        price * ({MINOR_UNITS_PER_MAJOR}) AS exact_minor_units,
    FROM read_apart
"""  # noqa: S608 - names and rules of ours


class RowMeaning:
    """Tells what a file's rows mean, once its mapping is bound."""

    def __init__(self, bound: BoundMapping) -> None:
        self.bound = bound
        ignored, *others = ROW_RULES
        self.rules: list[RowRule] = [
            ignored,
            *_overlong(bound),
            *_untranslated(bound),
            *_untyped(bound),
            *others,
        ]
        """All that can be wrong with a row of this file, in the order of its telling."""

    def of(self, said: pa.Table) -> pa.Table:
        """Type what rows say and find the first rule that each of them breaks.

        Parameters
        ----------
        said:
            Text, and times of the file's own, by our columns.

        Returns
        -------
        :
            As many rows in the same order: our columns, what they are made of, and `broken`.
        """
        self.bound.connection.register("said", said)
        return self.bound.connection.sql(self._query).to_arrow_table()

    @cached_property
    def _query(self) -> str:
        broken = " ".join(f"WHEN {rule.broken} THEN {i}" for i, rule in enumerate(self.rules))
        return f"""
            WITH meant AS ({_meant(self.bound)}), typed AS ({_typed(self.bound)}),
            read_apart AS ({_READ_APART}), made AS ({_MADE}), whole AS ({_whole(self.bound)})
            SELECT {", ".join((*MAPPABLE, NUMBERED))}, CASE {broken} END AS {BROKEN} FROM whole
        """  # noqa: S608 - names and rules of ours


def _meant(bound: BoundMapping) -> str:
    """Put beside what a row says what it means by it."""
    columns = []
    for name in bound.columns:
        translation = _translation(bound, name)
        meant = f"{_literal(translation)}[upper(coalesce({name}, ''))]" if translation else name
        columns.append(f'{name} AS "{name} said", {meant} AS "{name} meant"')
    return f"SELECT {', '.join(columns)}, {FAILED} FROM said"  # noqa: S608 - names and rules of ours


def _typed(bound: BoundMapping) -> str:
    columns = []
    for name in MAPPABLE:
        kind, value = column_type(name), f"CAST(NULL AS {column_type(name).sql_type})"
        if given := bound.columns.get(name):
            template = kind.from_time[given.family] if given.family else kind.from_text
            value = template.replace("{0}", f'"{name} meant"')
        columns.append(f"{value} AS {name}")
    return f"SELECT *, {', '.join(columns)} FROM meant"  # noqa: S608 - names and rules of ours


def _whole(bound: BoundMapping) -> str:
    """Say what kind of row it is; only who maps no kind may leave it to a bare cancellation."""
    bare = "WHEN FALSE" if "kind" in bound.columns else "WHEN status = 'cancelled'"
    price = bound.columns.get("price")
    # What is kept as binary numbers went astray by less than a unit, and is rounded back.
    is_binary = price is not None and price.sql_type in {"FLOAT", "DOUBLE"}
    minor_units = "round(exact_minor_units)" if is_binary else "exact_minor_units"
    return f"""
        SELECT * REPLACE (
            {minor_units} AS exact_minor_units,
            coalesce(price_minor_units, TRY_CAST({minor_units} AS BIGINT)) AS price_minor_units,
            CASE WHEN kind IS NOT NULL THEN kind
                WHEN is_of_flight AND is_of_stay THEN 'both'
                WHEN is_of_flight THEN 'flight' WHEN is_of_stay THEN 'stay'
                {bare} THEN 'booking' ELSE 'neither' END AS kind
        ) FROM made
    """  # noqa: S608 - names and rules of ours


def _translation(bound: BoundMapping, name: str) -> dict[str, str]:
    """Give what each word means, itself included where only some words mean anything."""
    given = bound.mapping.values.get(name, {})
    if not given and name not in {"kind", "status"}:
        return {}
    meanings = {*given.values(), *ALLOWED_VALUES.get(name, ())}
    return {word.upper(): word for word in sorted(meanings)} | dict(given)


def _literal(translation: dict[str, str]) -> str:
    pairs = (f"{literal(said)}: {literal(meant)}" for said, meant in translation.items())
    return f"MAP {{{', '.join(pairs)}}}"


def _overlong(bound: BoundMapping) -> Iterator[RowRule]:
    for name, given in bound.columns.items():
        if given.family is None:
            yield RowRule(
                name,
                f'length("{name} said") > {MOST_CHARACTERS}',
                f"{name} holds more than {MOST_CHARACTERS:,} characters, as none does.",
            )


def _untranslated(bound: BoundMapping) -> Iterator[RowRule]:
    for name in bound.columns:
        if _translation(bound, name):
            # What the source deleted is cancelled, whatever its status says.
            unless = " AND deleted IS NOT TRUE" if name == "status" else ""
            yield RowRule(
                name,
                f'"{name} said" IS NOT NULL AND "{name} meant" IS NULL{unless}',
                f"The {name} {{said!r}} is not translated:"
                f" say what it means in [values.{name}] of the mapping.",
            )


def _untyped(bound: BoundMapping) -> Iterator[RowRule]:
    for name in bound.columns:
        kind, failed = column_type(name), f"{FAILED} = '{name}'"
        if kind.sql_type == "VARCHAR":
            yield RowRule(name, failed, f"{name} cannot be worked out: {{given}}.")
        else:
            untyped = f'{name} IS NULL AND "{name} meant" IS NOT NULL'
            yield RowRule(name, f"{failed} OR {untyped}", f"{name} is not {kind.words}: {{given}}.")
