"""Every embedded source has its note."""

from pipelines.sources import generated_travel, nycflights_files, simulated_forecast
from pipelines.sources.source_notes import SOURCE_NOTES


def test_every_source_has_a_note_that_says_what_is_not_real():
    named = {nycflights_files.SOURCE, simulated_forecast.SOURCE, generated_travel.SOURCE}
    assert named <= set(SOURCE_NOTES)
    assert "CC0" in SOURCE_NOTES[nycflights_files.SOURCE]
    assert "simulated" in SOURCE_NOTES[simulated_forecast.SOURCE]
    assert "generated" in SOURCE_NOTES[generated_travel.SOURCE]
