"""Propose hotels to stranded travellers: who needs one, what is free, and the best of it held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.fallback_steps import NOUN, facts_of, take_steps, taking_of
from warehouse.operations.inventory import lock_nights, move_rooms
from warehouse.queries.inventory import list_hotel_ids, list_room_offers
from warehouse.queries.policies import DeskPolicy, get_policy
from warehouse.queries.stranding import list_legs_without_fallback
from warehouse.rules.fallback_ranking import PolicyFlag, RankedRoom, RoomOffer, RoomWish, rank_rooms
from warehouse.rules.stranding import DisruptedLeg, stranded_because
from warehouse.schema.fallbacks import FallbackAction
from warehouse.vocabulary import Actor, FallbackKind, FallbackStatus

PROPOSALS_PER_LEG = 3
ONE_NIGHT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FallbackSweep:
    """What proposing came to: alerts looked at, parties stranded, actions proposed and held."""

    alerts: int
    stranded: int
    proposed: int
    held: int
    without_room: int


@dataclass(frozen=True, slots=True)
class _Stranded:
    leg: DisruptedLeg
    why: str

    @property
    def night(self) -> date:
        return self.leg.service_date


class _FreeRooms:
    """What is free around airports on a night, as the rooms of one sweep are given away."""

    def __init__(self, session: Session, parties: Sequence[_Stranded]) -> None:
        self._offers = {
            (airport, night): list_room_offers(
                session, airport, check_in_on=night, check_out_on=night + ONE_NIGHT
            )
            for airport, night in sorted({(party.leg.origin, party.night) for party in parties})
        }

    def rank(self, party: _Stranded, policy: DeskPolicy, at: datetime) -> list[RankedRoom]:
        """Order what is still free for one party."""
        wish = RoomWish(
            party_size=party.leg.party_size,
            nights=1,
            price_cap_minor_units=policy.fallback_price_cap_minor_units,
            distance_cap_km=policy.fallback_distance_cap_km,
            usual_stars=party.leg.usual_stars,
            at=at,
        )
        return rank_rooms(self._offers[party.leg.origin, party.night], wish)[:PROPOSALS_PER_LEG]

    def give_away(self, party: _Stranded, room: RankedRoom) -> None:
        """Count the rooms of one party as gone."""
        key = (party.leg.origin, party.night)
        self._offers[key] = [
            _less(offer, room.rooms) if offer is room.offer else offer
            for offer in self._offers[key]
        ]


def propose_for_alerts(
    session: Session, actor: Actor, alert_ids: Sequence[int], *, at: datetime
) -> FallbackSweep:
    """Propose the best hotels to every stranded party of locked alerts, and hold each one's best.

    The nights around the airports are locked before anything is ranked, so no room can vanish
    between ranking and holding. Whether there is somebody to tell is for an agent to decide:
    nothing is offered here.

    Parameters
    ----------
    session:
        Open transaction in which the alerts are locked.
    actor:
        Who proposes.
    alert_ids:
        Live alerts.
    at:
        Instant, UTC.

    Returns
    -------
    :
        What was found and held, in numbers; `without_room` counts parties nothing was free for.
    """
    earlier = _lock_earlier(session, alert_ids)
    parties = _list_stranded(session, alert_ids, at)
    if not parties:
        return FallbackSweep(len(alert_ids), 0, 0, 0, 0)
    policy = get_policy(session, at=at)
    _supersede(session, actor, earlier, parties, at)
    _lock_nights_around(session, parties)
    free = _FreeRooms(session, parties)
    proposals, best = _propose_each(session, parties, free, policy, at)
    changes = [(action.fallback_action_id, None, facts_of(action)) for action in proposals]
    audit.record_many(session, actor, AuditTag.FALLBACK_PROPOSED, NOUN, changes, at=at)
    _hold(session, actor, best, free_until=at + timedelta(minutes=policy.hold_minutes), at=at)
    _tell_who_has_none(session, actor, parties, best, at)
    lacking = len(parties) - len(best)
    return FallbackSweep(len(alert_ids), len(parties), len(proposals), len(best), lacking)


def _list_stranded(session: Session, alert_ids: Sequence[int], at: datetime) -> list[_Stranded]:
    legs = list_legs_without_fallback(session, alert_ids, at=at)
    reasons = [(leg, stranded_because(leg, at=at)) for leg in legs]
    return [_Stranded(leg, why) for leg, why in reasons if why is not None]


def _lock_nights_around(session: Session, parties: Sequence[_Stranded]) -> None:
    nights = [party.night for party in parties]
    lock_nights(
        session,
        list_hotel_ids(session, sorted({party.leg.origin for party in parties})),
        from_night=min(nights),
        until_night=max(nights) + ONE_NIGHT,
    )


def _lock_earlier(session: Session, alert_ids: Sequence[int]) -> Sequence[FallbackAction]:
    """Lock what was proposed before, so that nobody takes it up while this decides."""
    return session.scalars(
        select(FallbackAction)
        .where(
            FallbackAction.alert_id.in_(alert_ids),
            FallbackAction.status == FallbackStatus.PROPOSED.value,
        )
        .order_by(FallbackAction.fallback_action_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _supersede(
    session: Session,
    actor: Actor,
    earlier: Sequence[FallbackAction],
    parties: Sequence[_Stranded],
    at: datetime,
) -> None:
    legs = {(party.leg.alert_id, party.leg.leg_id) for party in parties}
    outdated = [action for action in earlier if (action.alert_id, action.leg_id) in legs]
    reason = "Newer proposals took its place."
    take_steps(session, actor, outdated, FallbackStatus.SUPERSEDED, at=at, reason=reason)


def _propose_each(
    session: Session,
    parties: Sequence[_Stranded],
    free: _FreeRooms,
    policy: DeskPolicy,
    at: datetime,
) -> tuple[list[FallbackAction], list[tuple[FallbackAction, RankedRoom]]]:
    """Insert each party's proposals; the first of each is the one to hold."""
    proposals: list[FallbackAction] = []
    best: list[tuple[FallbackAction, RankedRoom]] = []
    for party in parties:
        ranked = free.rank(party, policy, at)
        actions = [_proposal(party, room, rank, at) for rank, room in enumerate(ranked, start=1)]
        if ranked:
            free.give_away(party, ranked[0])
            best.append((actions[0], ranked[0]))
        proposals.extend(actions)
    session.add_all(proposals)
    session.flush()
    return proposals, best


def _proposal(party: _Stranded, room: RankedRoom, rank: int, at: datetime) -> FallbackAction:
    leg = party.leg
    return FallbackAction(
        alert_id=leg.alert_id,
        generation=leg.generation,
        kind=FallbackKind.ALTERNATIVE_HOTEL.value,
        booking_id=leg.booking_id,
        leg_id=leg.leg_id,
        status=FallbackStatus.PROPOSED.value,
        rank=rank,
        score=room.score,
        score_parts=_explain(party, room),
        hotel_id=room.offer.hotel_id,
        room_type=room.offer.room_type,
        check_in_on=party.night,
        check_out_on=party.night + ONE_NIGHT,
        rooms=room.rooms,
        price_minor_units=room.price_minor_units,
        currency=room.offer.currency,
        requires_approval=room.flag is PolicyFlag.NEEDS_APPROVAL,
        proposed_at=at,
    )


def _explain(party: _Stranded, room: RankedRoom) -> dict[str, object]:
    parts = [
        {"name": part.name, "weight": part.weight, "value": part.value, "words": part.words}
        for part in room.parts
    ]
    return {"why": party.why, "flag": room.flag.value, "parts": parts}


def _hold(
    session: Session,
    actor: Actor,
    best: Sequence[tuple[FallbackAction, RankedRoom]],
    *,
    free_until: datetime,
    at: datetime,
) -> None:
    takings = [taking_of(action, room.offer.hotel_name) for action, room in best]
    move_rooms(session, at=at, taken=takings)
    for action, _ in best:
        action.held_at, action.hold_expires_at = at, free_until
    take_steps(session, actor, [action for action, _ in best], FallbackStatus.HELD, at=at)


def _less(offer: RoomOffer, rooms: int) -> RoomOffer:
    return replace(offer, free_rooms=offer.free_rooms - rooms)


def _tell_who_has_none(
    session: Session,
    actor: Actor,
    parties: Sequence[_Stranded],
    best: Sequence[tuple[FallbackAction, RankedRoom]],
    at: datetime,
) -> None:
    """Leave an entry with each alert of a party that no room was free for."""
    placed = {(action.alert_id, action.leg_id) for action, _ in best}
    changes = [
        (party.leg.alert_id, None, {"booking_id": party.leg.booking_id, "why": party.why})
        for party in parties
        if (party.leg.alert_id, party.leg.leg_id) not in placed
    ]
    reason = "No hotel within the policy's distance and price has rooms left for this booking."
    audit.record_many(
        session, actor, AuditTag.FALLBACK_FAILED, "alert", changes, at=at, reason=reason
    )
