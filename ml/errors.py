"""What the ml package refuses, each error named by the reason and carrying its data."""

from collections.abc import Mapping, Sequence


class MlRefused(Exception):
    """The rows, the model or the release cannot be used as they are."""


class ColumnsMissing(MlRefused):
    """A frame lacks columns that its canonical form has."""

    def __init__(self, frame_name: str, columns: Sequence[str]) -> None:
        self.frame_name = frame_name
        self.columns = tuple(columns)
        super().__init__(f"The {frame_name} frame lacks {', '.join(columns)}.")


class FlightsUnknown(MlRefused):
    """Some targets are not in the flights frame, or are in it more than once."""

    def __init__(self, flight_ids: Sequence[object]) -> None:
        self.flight_ids = tuple(flight_ids)
        shown = ", ".join(str(flight_id) for flight_id in self.flight_ids[:5])
        super().__init__(
            f"{len(self.flight_ids)} flight ids do not stand exactly once in the flights: {shown}."
        )


class FutureSeen(MlRefused):
    """Feature values that were not yet known when they were to be used."""

    def __init__(self, rows_by_column: Mapping[str, int], *, example_flight_id: object) -> None:
        self.rows_by_column = dict(rows_by_column)
        self.example_flight_id = example_flight_id
        listed = ", ".join(f"{column} ({rows} rows)" for column, rows in rows_by_column.items())
        super().__init__(
            f"Known only after predicted_at: {listed}; for example flight {example_flight_id}."
        )


class LeakSuspected(MlRefused):
    """A model scores better than this problem allows, so it has probably seen outcomes."""

    def __init__(self, figure: str, value: float, limit: float, horizon_hours: int) -> None:
        self.figure = figure
        self.value = value
        self.limit = limit
        self.horizon_hours = horizon_hours
        super().__init__(
            f"{figure} {value:.3f} at {horizon_hours} h is above {limit:.2f}: "
            "a leak until proven otherwise."
        )


class MonthsMissing(MlRefused):
    """A history is too short to be told month by month."""

    def __init__(self, flights: int) -> None:
        self.flights = flights
        super().__init__(
            f"None of the months of these {flights:,} flights has four weeks before it to learn "
            "from: load more history, or wait for another month."
        )


class TrainingDataTooThin(MlRefused):
    """There are too few labelled flights, or too few disrupted ones, to fit a model."""

    def __init__(self, block: str, flights: int, disrupted: int, needed_flights: int) -> None:
        self.block = block
        self.flights = flights
        self.disrupted = disrupted
        self.needed_flights = needed_flights
        super().__init__(
            f"The {block} block has {flights} labelled flights, {disrupted} of them disrupted; "
            f"at least {needed_flights} flights with both outcomes are needed. "
            "Load a longer history or move trained_until."
        )


class HorizonUnknown(MlRefused):
    """The release holds no model for the horizon of the rows."""

    def __init__(self, horizon_hours: int, horizons: Sequence[int]) -> None:
        self.horizon_hours = horizon_hours
        self.horizons = tuple(horizons)
        known = ", ".join(str(hours) for hours in horizons)
        super().__init__(f"No model for {horizon_hours} h; the release has {known} h.")


_INSTEAD = "Roll back to the release before it, or train a new one."


class ReleaseTampered(MlRefused):
    """The bytes of a release do not have the hash they were stored with."""

    def __init__(self, expected_sha256: str, actual_sha256: str) -> None:
        self.expected_sha256 = expected_sha256
        self.actual_sha256 = actual_sha256
        super().__init__(
            f"The release's bytes hash to {actual_sha256[:12]}…, not to {expected_sha256[:12]}…; "
            f"it was cut short or changed after it was stored and is not loaded. {_INSTEAD}"
        )


class ReleaseUntrusted(MlRefused):
    """The bytes of a release hold types that are not on the trusted list."""

    def __init__(self, type_names: Sequence[str]) -> None:
        self.type_names = tuple(type_names)
        super().__init__(
            f"The release is refused: it holds {', '.join(type_names)}, which no release of ours "
            f"needs. Nothing of it was run. Find out who stored it. {_INSTEAD}"
        )


class ReleaseUnreadable(MlRefused):
    """The bytes of a release are no archive of models, or a damaged one."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"The release cannot be read: {why}. Nothing was loaded. {_INSTEAD}")


class ReleaseOfAnotherVersion(MlRefused):
    """The release was made for another format, or by another version of a library."""

    def __init__(self, what: str, theirs: object, ours: object) -> None:
        self.what, self.theirs, self.ours = what, theirs, ours
        super().__init__(
            f"The release was made with {what} {theirs}, and this Stormdesk has {ours}: it might "
            "load and say other numbers, so it is not loaded. Run the Stormdesk that made it, or "
            "train a new one."
        )
