"""Weather in words an agent understands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.providers.weather_words import Cloud, Conditions, Visibility, say, say_phenomena


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        (Conditions(), ""),
        (Conditions(wind_mps=0.0, wind_direction_deg=0.0), "No wind"),
        (Conditions(wind_mps=4.1, wind_direction_deg=20.0), "Wind from 20° at 4 m/s"),
        (
            Conditions(wind_mps=13.4, wind_direction_deg=310.0, gust_mps=21.6),
            "Wind from 310° at 13 m/s, gusts 22 m/s",
        ),
        (Conditions(wind_mps=2.0, is_variable=True), "Variable wind at 2 m/s"),
        (Conditions(wind_mps=2.0), "Wind at 2 m/s"),
        (Conditions(visibility=Visibility(16_093.44, "over")), "Visibility over 16 km"),
        (Conditions(visibility=Visibility(9_656, "over")), "Visibility over 9 km"),
        (Conditions(visibility=Visibility(16_093.44)), "Visibility 16 km"),
        (Conditions(visibility=Visibility(4_828)), "Visibility 4.8 km"),
        (Conditions(visibility=Visibility(3_000)), "Visibility 3 km"),
        (Conditions(visibility=Visibility(402.3)), "Visibility 400 m"),
        (Conditions(visibility=Visibility(402.3, "under")), "Visibility under 400 m"),
        (Conditions(clouds=(Cloud("OVC", 60.96),)), "Overcast at 60 m"),
        (
            Conditions(clouds=(Cloud("FEW", 300), Cloud("BKN", 1310.6), Cloud("OVC", 3000))),
            "Broken cloud at 1,300 m",
        ),
        (
            Conditions(clouds=(Cloud("SCT", 900, "CB"), Cloud("FEW", 457.2))),
            "Few clouds at 460 m with storm clouds",
        ),
        (Conditions(clouds=(Cloud("VV"),)), "Sky hidden"),
        (Conditions(clouds=(Cloud("CAVOK"),)), "Clear sky"),
        (Conditions(clouds=(Cloud("???", 100),)), ""),
        (
            Conditions(phenomena=("+TSRA", "BR"), clouds=(Cloud("OVC", 120),)),
            "Thunderstorm with heavy rain, mist, overcast at 120 m",
        ),
    ],
)
def test_conditions_are_one_line(conditions: Conditions, words: str) -> None:
    assert say(conditions) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("-RA", ["light rain"]),
        ("RASN", ["rain and snow"]),
        ("+SN", ["heavy snow"]),
        ("FZRA", ["freezing rain"]),
        ("-FZDZ", ["light freezing drizzle"]),
        ("FZFG", ["freezing fog"]),
        ("BLSN", ["blowing snow"]),
        ("MIFG", ["shallow fog"]),
        ("BCFG", ["patches of fog"]),
        ("-SHRA", ["light rain showers"]),
        ("VCSH", ["showers nearby"]),
        ("TS", ["thunderstorm"]),
        ("VCTS", ["thunderstorm nearby"]),
        ("-TSRA", ["thunderstorm with light rain"]),
        ("TSGR", ["thunderstorm with hail"]),
        ("VCFG", ["fog nearby"]),
        ("NSW", []),
        ("", []),
        ("-", []),
        ("XX", []),
    ],
)
def test_present_weather_is_spelled_out(code: str, words: list[str]) -> None:
    assert say_phenomena([code]) == words


LIKELY = st.floats(0, 200_000)


@settings(deadline=None)
@given(
    st.builds(
        Conditions,
        wind_mps=st.none() | LIKELY,
        gust_mps=st.none() | LIKELY,
        visibility=st.none() | st.builds(Visibility, LIKELY, st.sampled_from([None, "over"])),
        phenomena=st.lists(st.text("+-VCTSRAFZG", max_size=6)).map(tuple),
        clouds=st.lists(st.builds(Cloud, st.sampled_from(["BKN", "FEW", ""]), st.none() | LIKELY)),
    )
)
def test_anything_can_be_said_on_one_line(conditions: Conditions) -> None:
    assert "\n" not in say(conditions)
