"""How bad an alert is, and from which probability on a prediction is worth one."""

from dataclasses import dataclass

from warehouse.vocabulary import AlertBasis, Severity

LARGE_PARTY_TRAVELLERS = 4
NEAR_HOURS = 6.0
LIKELY = 0.5
POSSIBLE = 0.3
CLEARED_SHARE_OF_THRESHOLD = 0.5
LONGEST_ALERT_HORIZON_HOURS = 48
"""What looks further ahead is an outlook and never an alert."""


@dataclass(frozen=True, slots=True)
class Stakes:
    """What one alert costs and what one disrupted traveller loses, in minor units."""

    alert_cost_minor_units: int
    loss_per_traveller_minor_units: int
    avoidable_share: float


def alert_threshold(stakes: Stakes) -> float:
    """Give the probability at which warning starts to pay: cost / (loss x avoidable share).

    Parameters
    ----------
    stakes:
        The alert policy's money; all amounts in one currency.

    Returns
    -------
    :
        Probability in (0, 1], the same for every flight: a quota per day would page for nothing
        on calm days and miss storms (precision .37 against .14 on 2013's flights).
    """
    avoidable = stakes.loss_per_traveller_minor_units * stakes.avoidable_share
    return min(1.0, stakes.alert_cost_minor_units / avoidable)


def is_cleared(probability: float, stakes: Stakes) -> bool:
    """Tell whether a newer prediction takes an alert back: half the threshold, not just below."""
    return probability < CLEARED_SHARE_OF_THRESHOLD * alert_threshold(stakes)


def severity(
    basis: AlertBasis,
    *,
    probability: float | None,
    hours_to_departure: float,
    travellers: int,
) -> Severity:
    """Grade an alert by what is known, how soon it bites and how many it touches.

    Parameters
    ----------
    basis:
        Whether the disruption was reported or is predicted.
    probability:
        The newest prediction's, in [0, 1]; None when reported without one.
    hours_to_departure:
        From now to the scheduled departure, hours; negative after it.
    travellers:
        How many travellers the alert touches.

    Returns
    -------
    :
        Reported is at least high, predicted at most high; a large party raises it by one.
    """
    grade = _grade(basis, probability or 0.0, hours_to_departure)
    raised = grade + (travellers >= LARGE_PARTY_TRAVELLERS)
    ceiling = Severity.CRITICAL if basis is AlertBasis.REPORTED else Severity.HIGH
    return list(Severity)[min(raised, ceiling.rank) - 1]


def _grade(basis: AlertBasis, probability: float, hours_to_departure: float) -> int:
    if basis is AlertBasis.REPORTED:
        return Severity.HIGH.rank
    if probability >= LIKELY and hours_to_departure <= NEAR_HOURS:
        return Severity.HIGH.rank
    return Severity.MEDIUM.rank if probability >= POSSIBLE else Severity.LOW.rank


def highest(one: Severity, other: Severity) -> Severity:
    """Give the worse of two severities: on a live alert facts only ever raise it."""
    return max(one, other, key=lambda severity: severity.rank)
