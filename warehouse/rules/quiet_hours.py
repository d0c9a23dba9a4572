"""Quiet hours: the stretch of a person's day in which only what is critical reaches them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from warehouse.rules.wall_time import nearest_instant_of, zone_named

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times of every day in an IANA zone; from 22:00 to 07:00 they cross midnight."""

    starts_local: time
    ends_local: time
    time_zone: str

    @property
    def words(self) -> str:
        """The hours as people read them."""
        return f"{self.starts_local:%H:%M} to {self.ends_local:%H:%M}, {self.time_zone}"


def quiet_until(hours: QuietHours, *, at: datetime) -> datetime | None:
    """Say when the quiet hours end that an instant lies in.

    Parameters
    ----------
    hours:
        Whose two ends differ. Where clocks go forward over one of them it comes as much later,
        and where they show it twice the first is meant.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Their end, UTC, which is not quiet any more; None outside of them.
    """
    today = at.astimezone(zone_named(hours.time_zone)).date()
    crosses = timedelta() if hours.ends_local > hours.starts_local else DAY
    for day in (today - DAY, today):
        starts_at, _ = nearest_instant_of(
            datetime.combine(day, hours.starts_local), hours.time_zone
        )
        ends_at, _ = nearest_instant_of(
            datetime.combine(day + crosses, hours.ends_local), hours.time_zone
        )
        if starts_at <= at < ends_at:
            return ends_at
    return None
