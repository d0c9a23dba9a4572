"""The room ledger under crowds, families of nights, and suppliers who change their mind."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories.defaults import STORM_AT, STORM_ON
from tests.factories.fallback import make_fallback_action
from tests.factories.hotel import make_hotel, make_room_night
from tests.factories.policy import make_alert_policy
from warehouse.errors import NoRoomLeft
from warehouse.operations.fallback_holds import hold_fallback
from warehouse.operations.fallback_offers import accept_fallback, offer_fallback
from warehouse.operations.fallbacks import expire_holds
from warehouse.operations.inventory import Taking, move_rooms
from warehouse.operations.lost_rooms import give_way_to_suppliers
from warehouse.queries.inventory import get_scarcity, ledger_mismatches, list_lost_nights
from warehouse.schema.audit import Entry
from warehouse.schema.inventory import Allocation, RoomNight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, FallbackActionId

Result = TypeVar("Result")

REPORT = text(
    "UPDATE inventory.room_night SET reported_total = :rooms,"
    " total = greatest(:rooms, allocated), reported_at = :at WHERE hotel_id = :hotel_id"
)


def _proposals(count: int, *, rooms_reported: int) -> list[FallbackActionId]:
    """Propose the same hotel to many legs."""
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        hotel_id = make_room_night(session, reported_total=rooms_reported).hotel_id
        return [
            FallbackActionId(make_fallback_action(session, hotel_id=hotel_id).fallback_action_id)
            for _ in range(count)
        ]


def _all_at_once(acts: Sequence[Callable[[], Result]]) -> list[Result]:
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _nights(session: Session, hotel_id: int) -> list[tuple[int, int, int]]:
    """Give allocated, reported and total of each night of a hotel."""
    nights = select(RoomNight).where(RoomNight.hotel_id == hotel_id).order_by(RoomNight.night)
    return [(row.allocated, row.reported_total, row.total) for row in session.scalars(nights)]


def test_forty_wanting_one_room_get_one_hold_and_thirty_nine_refusals(database: str) -> None:
    proposals = _proposals(40, rooms_reported=1)

    def offer(action_id: FallbackActionId) -> tuple[str, str]:
        with transaction() as session:
            made = offer_fallback(session, SYSTEM, action_id, at=STORM_AT)
        return made.result, made.status.value

    results = _all_at_once([lambda action_id=each: offer(action_id) for each in proposals])
    assert Counter(results) == {("applied", "offered"): 1, ("refused", "proposed"): 39}
    with transaction() as session:
        assert [night.allocated for night in session.scalars(select(RoomNight))] == [1]
        assert ledger_mismatches(session) == []


def test_eight_sweepers_free_every_expired_room_exactly_once(database: str) -> None:
    proposals = _proposals(12, rooms_reported=12)
    for action_id in proposals:
        with transaction() as session:
            offer_fallback(session, SYSTEM, action_id, at=STORM_AT)
    over_at = STORM_AT + timedelta(minutes=30)

    def sweep() -> int:
        with transaction() as session:
            return expire_holds(session, at=over_at)

    assert sum(_all_at_once([sweep] * 8)) == 12
    with transaction() as session:
        assert [night.allocated for night in session.scalars(select(RoomNight))] == [0]
        assert ledger_mismatches(session) == []
        expired = session.scalars(select(Entry).where(Entry.tag == "fallback.expired")).all()
    assert Counter(entry.noun_id for entry in expired) == Counter(proposals)


def test_moves_in_opposite_directions_never_wait_in_a_ring(database: str) -> None:
    with transaction(Access.OWNER) as session:
        one, other = (make_room_night(session, reported_total=2).hotel_id for _ in range(2))
        at_one, at_other, to_one, to_other = (
            make_fallback_action(session, hotel_id=hotel_id).fallback_action_id
            for hotel_id in (one, other, one, other)
        )
        move_rooms(session, at=STORM_AT, taken=[_taking(at_one, one), _taking(at_other, other)])

    def swap(released: int, taken: Taking) -> None:
        with transaction() as session:
            move_rooms(session, at=STORM_AT, released=[released], taken=[taken])

    _all_at_once([
        lambda: swap(at_one, _taking(to_other, other)),
        lambda: swap(at_other, _taking(to_one, one)),
    ])
    with transaction() as session:
        assert ledger_mismatches(session) == []
        assert _nights(session, one) == _nights(session, other) == [(1, 2, 2)]


def _taking(
    action_id: int, hotel_id: int, *, first: date = STORM_ON, nights: int = 1, rooms: int = 1
) -> Taking:
    until = first + timedelta(days=nights)
    return Taking(action_id, hotel_id, "standard", first, until, rooms, "Runway Inn")


def test_a_stay_of_several_nights_is_held_whole_or_not_at_all(database: str) -> None:
    with transaction(Access.OWNER) as session:
        hotel_id = make_hotel(session).hotel_id
        for offset, rooms in enumerate((2, 2, 0)):
            night = STORM_ON + timedelta(days=offset)
            make_room_night(session, hotel_id=hotel_id, night=night, reported_total=rooms)
        action_id = make_fallback_action(session, hotel_id=hotel_id).fallback_action_id
    with transaction() as session:
        with pytest.raises(NoRoomLeft, match="Runway Inn has no standard room free"):
            move_rooms(session, at=STORM_AT, taken=[_taking(action_id, hotel_id, nights=3)])
        assert _nights(session, hotel_id) == [(0, 2, 2), (0, 2, 2), (0, 0, 0)]
        move_rooms(session, at=STORM_AT, taken=[_taking(action_id, hotel_id, nights=2)])
    with transaction() as session:
        assert _nights(session, hotel_id) == [(1, 2, 2), (1, 2, 2), (0, 0, 0)]


def test_a_night_the_supplier_does_not_sell_is_no_room_left(database: str) -> None:
    with transaction(Access.OWNER) as session:
        action = make_fallback_action(session)
        assert action.hotel_id is not None
        with pytest.raises(NoRoomLeft):
            move_rooms(
                session,
                at=STORM_AT,
                taken=[_taking(action.fallback_action_id, action.hotel_id, nights=2)],
            )


def test_a_supplier_that_takes_rooms_away_keeps_its_truth_and_breaks_nothing(
    database: str,
) -> None:
    proposals = _proposals(3, rooms_reported=3)
    for action_id in proposals[:2]:
        with transaction() as session:
            offer_fallback(session, SYSTEM, action_id, at=STORM_AT)
    dropped_at = STORM_AT + timedelta(minutes=5)
    with transaction() as session:
        hotel_id = session.scalars(select(RoomNight.hotel_id)).one()
        session.execute(REPORT, {"rooms": 1, "at": dropped_at, "hotel_id": hotel_id})
    with transaction() as session:
        assert _nights(session, hotel_id) == [(2, 1, 2)]
        (lost,) = list_lost_nights(session)
        assert (lost.allocated, lost.reported_total) == (2, 1)
        assert ledger_mismatches(session) == []
        assert offer_fallback(session, SYSTEM, proposals[2], at=dropped_at).result == "refused"
    with transaction() as session:
        assert expire_holds(session, at=STORM_AT + timedelta(hours=1)) == 2
        assert _nights(session, hotel_id) == [(0, 1, 1)]


def test_the_newest_unheard_of_holds_give_way_first_and_accepted_rooms_stay(
    database: str,
) -> None:
    older, newer, offered, accepted = _proposals(4, rooms_reported=4)
    for minutes, action_id in enumerate((accepted, offered, older, newer)):
        with transaction() as session:
            make = offer_fallback if action_id in {accepted, offered} else hold_fallback
            make(session, SYSTEM, action_id, at=STORM_AT + timedelta(minutes=minutes))
    at = STORM_AT + timedelta(minutes=5)
    with transaction() as session:
        accept_fallback(session, SYSTEM, accepted, at=at)
        hotel_id = session.scalars(select(RoomNight.hotel_id)).one()
    for rooms, gone in ((4, 0), (3, 1), (2, 1), (0, 1), (0, 0)):
        with transaction() as session:
            session.execute(REPORT, {"rooms": rooms, "at": at, "hotel_id": hotel_id})
            assert give_way_to_suppliers(session, at=at) == gone
    with transaction() as session:
        ended = select(Entry.noun_id).where(Entry.tag == "fallback.failed").order_by(Entry.entry_id)
        assert session.scalars(ended).all() == [newer, older, offered]
        assert _nights(session, hotel_id) == [(1, 0, 1)]
        assert [night.allocated for night in list_lost_nights(session)] == [1]
        assert ledger_mismatches(session) == []


def test_an_allocation_is_released_once_and_never_rewritten(database: str) -> None:
    (action_id,) = _proposals(1, rooms_reported=1)
    with transaction() as session:
        offer_fallback(session, SYSTEM, action_id, at=STORM_AT)
        move_rooms(session, at=STORM_AT, released=[action_id])
        move_rooms(session, at=STORM_AT, released=[action_id])
    with (
        pytest.raises(DBAPIError, match="only ever released, once"),
        transaction(Access.OWNER) as session,
    ):
        session.scalars(select(Allocation)).one().released_at = None


def test_a_night_sold_beyond_its_supplier_would_be_seen(database: str) -> None:
    (action_id,) = _proposals(1, rooms_reported=1)
    with transaction() as session:
        offer_fallback(session, SYSTEM, action_id, at=STORM_AT + timedelta(minutes=1))
        hotel_id = session.scalars(select(RoomNight.hotel_id)).one()
    earlier = STORM_AT - timedelta(hours=1)
    with transaction(Access.OWNER) as session:
        session.execute(REPORT, {"rooms": 0, "at": earlier, "hotel_id": hotel_id})
        (oversold,) = ledger_mismatches(session)
        assert oversold.is_oversold_by_us
        session.execute(REPORT, {"rooms": 1, "at": earlier, "hotel_id": hotel_id})
        session.execute(text("UPDATE inventory.room_night SET allocated = 0"))
        (miscounted,) = ledger_mismatches(session)
        assert (miscounted.allocated, miscounted.live_allocations) == (0, 1)


def test_scarcity_counts_the_rooms_around_an_airport(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_room_night(session, reported_total=4, price_minor_units=15_000)
        full = make_room_night(session, reported_total=1, price_minor_units=9_000)
        action_id = make_fallback_action(session, hotel_id=full.hotel_id).fallback_action_id
        move_rooms(session, at=STORM_AT, taken=[_taking(action_id, full.hotel_id)])
        scarcity = get_scarcity(session, "JFK", STORM_ON)
        nothing = get_scarcity(session, "BOS", STORM_ON)
    assert (scarcity.hotels, scarcity.hotels_with_rooms) == (2, 1)
    assert (scarcity.rooms_reported, scarcity.rooms_allocated, scarcity.rooms_free) == (5, 1, 4)
    assert (scarcity.cheapest_minor_units, scarcity.currency) == (15_000, "USD")
    assert (nothing.hotels, nothing.cheapest_minor_units) == (0, None)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(0, 2), st.integers(1, 3), st.integers(1, 3)),
        st.tuples(st.just("give"), st.integers(0, 5), st.just(0), st.just(0)),
        st.tuples(st.just("report"), st.integers(0, 4), st.just(0), st.just(0)),
    ),
    max_size=8,
)


@given(steps=STEPS)
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_happens_the_count_is_the_sum_of_what_is_taken(
    database: str, steps: list[tuple[str, int, int, int]]
) -> None:
    with transaction(Access.OWNER) as session:
        hotel = ThreeNights(session)
        for kind, number, nights, rooms in steps:
            if kind == "take":
                hotel.take(STORM_ON + timedelta(days=number), nights, rooms)
            elif kind == "give":
                hotel.give_back(number)
            else:
                hotel.report(number)
            hotel.check()


class ThreeNights:
    """A hotel of three nights in Postgres, beside what should be true of it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.hotel_id = make_hotel(session).hotel_id
        self.nights = [STORM_ON + timedelta(days=offset) for offset in range(3)]
        self.reported = 3
        self.held: list[Taking] = []
        for night in self.nights:
            make_room_night(session, hotel_id=self.hotel_id, night=night, reported_total=3)

    def take(self, first: date, nights: int, rooms: int) -> None:
        """Take rooms where they fit, and see them refused where they do not."""
        action = make_fallback_action(self.session, hotel_id=self.hotel_id)
        wanted = _taking(
            action.fallback_action_id, self.hotel_id, first=first, nights=nights, rooms=rooms
        )
        if self._fits(wanted):
            move_rooms(self.session, at=STORM_AT, taken=[wanted])
            self.held.append(wanted)
        else:
            with pytest.raises(NoRoomLeft):
                move_rooms(self.session, at=STORM_AT, taken=[wanted])

    def give_back(self, place: int) -> None:
        """Give one of the stays back, if there is any."""
        if self.held:
            stay = self.held.pop(place % len(self.held))
            move_rooms(self.session, at=STORM_AT, released=[stay.fallback_action_id])

    def report(self, rooms: int) -> None:
        """Have the supplier report another count."""
        self.reported = rooms
        self.session.execute(REPORT, {"rooms": rooms, "at": STORM_AT, "hotel_id": self.hotel_id})

    def check(self) -> None:
        """Compare every night with what should be true of it."""
        self.session.expire_all()
        taken = [self._taken_on(night) for night in self.nights]
        expected = [(rooms, self.reported, max(rooms, self.reported)) for rooms in taken]
        assert _nights(self.session, self.hotel_id) == expected
        assert ledger_mismatches(self.session) == []

    def _fits(self, wanted: Taking) -> bool:
        nights = (wanted.check_out_on - wanted.check_in_on).days
        days = [wanted.check_in_on + timedelta(days=offset) for offset in range(nights)]
        return all(
            day in self.nights and self._taken_on(day) + wanted.rooms <= self.reported
            for day in days
        )

    def _taken_on(self, day: date) -> int:
        return sum(stay.rooms for stay in self.held if stay.check_in_on <= day < stay.check_out_on)
