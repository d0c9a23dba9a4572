"""The facts that the simulated providers tell, each built once, when it is first asked for."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from pipelines.simulator.booking_facts import BookingFacts
from pipelines.simulator.hotel_facts import HotelFacts
from pipelines.simulator.weather_facts import WeatherFacts

Built = TypeVar("Built")


class Once(Generic[Built]):
    """Builds something when it is first asked for; whoever asks meanwhile waits."""

    def __init__(self, build: Callable[[], Built]) -> None:
        self._build = build
        self._built: list[Built] = []
        self._lock = Lock()

    def __call__(self) -> Built:
        """Give what was built."""
        with self._lock:
            if not self._built:
                self._built.append(self._build())
            return self._built[0]


class Facts:
    """Weather, hotels with their rooms, and bookings; each is a callable that gives them."""

    def __init__(
        self,
        weather: Callable[[], WeatherFacts],
        hotels: Callable[[], HotelFacts],
        bookings: Callable[[], BookingFacts],
    ) -> None:
        self.weather, self.hotels, self.bookings = Once(weather), Once(hotels), Once(bookings)

    def build(self) -> None:
        """Build all that nobody asked for yet."""
        for once in (self.weather, self.hotels, self.bookings):
            once()


def embedded_facts() -> Facts:
    """Give the real weather and the generated travel of 2013; nothing is built before it is asked.

    Returns
    -------
    :
        Facts; the generated year takes about ten seconds when hotels or bookings are first asked
        for.
    """
    return Facts(_weather, _hotels, _bookings)


def _weather() -> WeatherFacts:
    from pipelines.sources.nycflights import read_weather_observations
    from pipelines.sources.simulated_forecast import forecasts_between

    observations = read_weather_observations().accepted
    first, last = observations["observed_at"].min(), observations["observed_at"].max()
    return WeatherFacts(observations, forecasts_between(first - WeatherFacts.LONGEST_LEAD, last))


def _hotels() -> HotelFacts:
    from pipelines.sources.generated_travel import generate_travel

    travel = generate_travel()
    return HotelFacts(travel.hotels, travel.room_inventory)


def _bookings() -> BookingFacts:
    from pipelines.sources.generated_travel import generate_travel
    from pipelines.sources.nycflights import read_flights

    return BookingFacts(generate_travel(), read_flights().accepted)
