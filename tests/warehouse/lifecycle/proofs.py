"""Where each of the twenty-five promises about alerts is proved.

A name without a file is a query of `alert_promises` or `page_promises`, asked after every act of
the machine, after every race and after every storm. A `file::test` is a test of its own.
"""

from typing import Final

RACES: Final = "warehouse/lifecycle/test_races.py::"
CRASHES: Final = RACES + "test_a_crash_at_any_statement_leaves_the_change_and_its_audit_or_neither"
PAIRS: Final = RACES + "test_two_acts_at_once_are_as_good_as_one_after_the_other"
SEALS: Final = "warehouse/test_audit_seals.py::"
OFFERS: Final = "warehouse/test_fallback_offers.py::"
BOOKINGS: Final = "warehouse/test_fallback_bookings.py::"

PROOFS: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "one_live_alert_per_key",
        RACES + "test_sixteen_writers_of_the_same_facts_raise_one_alert_each",
    ),
    2: ("acknowledged_by_one", PAIRS),
    3: (
        "one_taker_and_the_others_saw",
        RACES + "test_of_thirty_two_who_take_an_alert_one_has_it",
    ),
    4: ("one_row_per_act", "warehouse/test_alerts.py::test_the_same_click_twice_is_one_act"),
    5: (
        "no_page_after_the_change",
        "warehouse/lifecycle/test_storm.py::test_no_page_leaves_after_its_alert_was_taken",
        "faults/test_storms.py::test_four_storms_send_no_page_after_the_acknowledgement",
    ),
    6: ("waiting_pages_are_current", PAIRS),
    7: ("paged_once", "a_digest_is_one_persons"),
    8: (
        "closed_is_the_end",
        "warehouse/test_alerts.py::test_postgres_keeps_a_closed_alert_closed",
    ),
    9: ("generations_rise", "warehouse/test_alerts.py::test_postgres_refuses_an_illegal_change"),
    10: ("bounded_ladder", "warehouse/test_alert_rules.py::test_the_ladder_always_ends"),
    11: (
        "every_step_reaches_somebody",
        "nobody_is_forgotten",
        "no_storm_is_forgotten",
        "joined_to_a_live_storm",
        "who_leaves_a_storm_pages",
        "joined_pages_nobody",
        "the_dead_keep_nobody_waiting",
        "the_next_channel_goes",
    ),
    12: ("quiet_queues_nothing", "quiet_sends_nothing"),
    13: ("quiet_ends_with_a_page", "quiet_leaves_nothing_behind"),
    14: ("given_back_at_the_first_step", "acknowledged_has_a_deadline"),
    15: ("one_step_per_pass",),
    16: (
        "attempts_are_bounded",
        "warehouse/test_escalating.py::test_what_no_worker_answers_for_ends",
    ),
    17: (
        "pipelines/test_channels_webhook.py::test_a_passing_trouble_is_tried_again",
        "pipelines/test_channels_webhook.py::test_a_definite_refusal_is_final",
        "pipelines/test_channels_webhook.py::test_a_redirect_is_not_followed_and_counts_as_refused",
    ),
    18: (
        "endings_stand",
        "a_digest_fares_alike",
        "warehouse/test_provider_callbacks.py"
        "::test_in_every_order_the_newest_word_stands_and_nothing_moves_backwards",
        "warehouse/test_provider_callbacks.py"
        "::test_postgres_moves_a_sent_message_by_a_newer_word_alone",
    ),
    19: ("changes_are_audited", "escalations_are_audited", CRASHES),
    20: (
        SEALS + "test_a_superusers_change_names_the_seal_and_what_was_done",
        SEALS + "test_an_entry_that_says_it_is_older_than_the_seals_before_it_is_named",
        SEALS + "test_truncated_entries_and_seals_show_against_the_head_kept_outside",
        SEALS + "test_a_history_made_anew_shows_against_the_head_kept_outside",
        SEALS + "test_sixteen_writers_at_once_are_sealed_while_they_write",
    ),
    21: (
        "the_holders_are_paged",
        "counted_are_paged",
        "warehouse/test_shift_holders.py"
        "::test_whoever_holds_the_shift_when_an_alert_escalates_is_paged",
    ),
    22: (
        "warehouse/test_alert_rules.py::test_the_matrix_is_the_products",
        "warehouse/test_alerts.py::test_who_may_not_respond_is_refused_by_the_operation",
        OFFERS + "test_another_customer_cannot_even_see_the_offer",
    ),
    23: (
        "warehouse/test_fallback_proposals.py::test_sweeping_twice_makes_the_same_rows",
        BOOKINGS + "test_an_unknown_outcome_is_looked_up_and_never_booked_twice",
        BOOKINGS + "test_a_booking_interrupted_after_it_began_is_looked_up",
    ),
    24: ("the_ladder_it_began_with",),
    25: (
        "facts_only_strengthen",
        "linked_to_the_one_before",
        "a_storm_is_as_bad_as_what_joined_it",
    ),
}
