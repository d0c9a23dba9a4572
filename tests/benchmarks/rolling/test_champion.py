"""The champion beside what else one would train, month after month, each told by its past alone."""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

import pandas as pd
import pytest
from rich.console import Console
from rich.table import Table

from ml.blend import Blend
from ml.choosing import NestedChampion
from ml.controls import Climatology, LogisticControl
from ml.evaluation import Evaluation, evaluate
from ml.paired import Difference, paired_differences
from ml.rolling import Contender, roll, told_by_control
from ml.training import training_rows
from tests.benchmarks.rolling.peers import light_gbm, line_alone, random_forest, xg_boost
from tests.ml.real_year import real_frames

HORIZONS = (2, 24)
OURS = Blend.kind
YEAR = datetime(2013, 1, 1, tzinfo=UTC), datetime(2014, 1, 2, tzinfo=UTC)
PEERS: Mapping[str, Contender] = {
    "lightgbm": light_gbm,
    "xgboost": xg_boost,
    "random_forest": random_forest,
    LogisticControl.kind: told_by_control(LogisticControl),
    "line_alone": line_alone,
    Climatology.kind: told_by_control(Climatology),
}
TO_BEAT = {
    2: {"pr_auc": 0.273, "bss": 0.115, "precision_at_2pct": 0.459},
    24: {"pr_auc": 0.229, "bss": 0.083, "precision_at_2pct": 0.413},
}
"""What the recipe we began with reached; by notes that are not part of the project."""

MOST_ECE = 0.006
MOST_IN_NOVEMBER = 0.035
COLUMNS = {
    "pr_auc": "PR-AUC",
    "bss": "BSS",
    "precision_at_2pct": "right in the worst 2 %",
}


class Told:
    """One horizon's year: what every contender said of each flight, and their figures."""

    def __init__(self, horizon_hours: int) -> None:
        self.horizon_hours = horizon_hours
        self.champion = NestedChampion()
        labelled = training_rows(
            *real_frames(*YEAR), trained_until=YEAR[1], horizon_hours=horizon_hours
        )
        self.flights = roll(labelled, horizon_hours, {OURS: self.champion, **PEERS})
        self.figures: dict[str, Evaluation] = {
            name: evaluate(self.said(name), *self._happened, climatology=self.said("climatology"))
            for name in (OURS, *PEERS)
        }
        self.gains = {peer: self._gain(peer) for peer in PEERS}

    def said(self, name: str):
        return self.flights[name].to_numpy(float)

    @property
    def _happened(self):
        return self.flights["outcome"].to_numpy(bool), self.flights["service_date"]

    def _gain(self, peer: str) -> Difference:
        """Give our skill less a peer's, on the same flights."""
        usual = self.said("climatology")
        told = paired_differences(
            self.said(OURS), self.said(peer), *self._happened, climatology=usual
        )
        return told.of("bss")

    def november(self, name: str) -> float:
        days = pd.to_datetime(self.flights["service_date"])
        return float(self.said(name)[(days.dt.month == 11).to_numpy()].mean())


@pytest.fixture(scope="module")
def year() -> dict[int, Told]:
    """Both horizons side by side, each model on one thread of a process of its own."""
    with ProcessPoolExecutor(len(HORIZONS), mp_context=get_context("spawn")) as pool:
        told = dict(zip(HORIZONS, pool.map(Told, HORIZONS), strict=True))
    for each in told.values():
        show(each)
    return told


def show(told: Told) -> None:
    first = told.figures[OURS]
    weather = "real observations" if told.horizon_hours < 6 else "SIMULATED forecasts"
    table = Table(
        "",
        *[f"{title} [95 %]" for title in COLUMNS.values()],
        *("ECE", "said in Nov", "our BSS less theirs [95 %]"),
        title=f"{told.horizon_hours} h ahead, {weather}: {first.flights:,} flights, "
        f"{first.days} days, {first.first_on} to {first.last_on}",
        caption=f"Settings chosen by earlier months alone: {told.champion.chosen}",
    )
    for name, judged in told.figures.items():
        gain = "" if name == OURS else _interval(*told.gains[name], sign="+")
        cells = [_interval(judged.figures[figure], *judged.intervals[figure]) for figure in COLUMNS]
        ece, november = f"{judged.figures['ece']:.4f}", f"{told.november(name):.4f}"
        table.add_row(name.replace("_", " "), *cells, ece, november, gain)
    Console(width=170).print(table)


def _interval(value: float, low: float, high: float, sign: str = "") -> str:
    return f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


@pytest.mark.parametrize("horizon_hours", HORIZONS)
def test_the_year_is_told_better_than_we_began(year: dict[int, Told], horizon_hours: int) -> None:
    judged = year[horizon_hours].figures[OURS]
    asked = TO_BEAT[horizon_hours]
    assert {
        name: judged.figures[name] for name in asked if judged.figures[name] < asked[name]
    } == {}
    assert judged.figures["ece"] <= MOST_ECE


@pytest.mark.parametrize("horizon_hours", HORIZONS)
def test_a_calm_month_is_not_shouted_at(year: dict[int, Told], horizon_hours: int) -> None:
    assert year[horizon_hours].november(OURS) <= MOST_IN_NOVEMBER


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("horizon_hours", HORIZONS)
def test_our_skill_is_above_each_peers(
    year: dict[int, Told], horizon_hours: int, peer: str
) -> None:
    assert year[horizon_hours].gains[peer].low > 0
