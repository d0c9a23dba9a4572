"""The faults that are seeded: what somebody might get wrong one day, each caught by a proof."""

from pipelines.channels import webhook
from tests.warehouse.lifecycle.provers import (
    crash,
    crowd_of_takers,
    crowd_of_writers,
    days_at_the_desk,
    late_report,
    one_without_the_channel,
    page_that_slipped_through,
    postgres_refuses,
    storms,
    sweep_beside_a_lock,
    two_at_once,
    webhook_refusals,
)
from tests.warehouse.lifecycle.seeding import Fault, edit
from warehouse.operations import (
    alert_rows,
    alert_suppression,
    alerts,
    audit,
    dead_letters,
    escalations,
    ladders,
    notification_leases,
    notifications,
    page_fence,
    raising,
    resending,
)
from warehouse.operations import storms as storm_control
from warehouse.queries import responders
from warehouse.rules import escalation_policy

NO_FENCE = edit(
    page_fence.waiting_pages,
    ".where(Alert.status == AlertStatus.OPEN.value)",
    "",
    ".where(Alert.generation == Notification.generation)",
    "",
    "of=(Notification, Alert)",
    "of=Notification",
)
LOCK = "alert = locked_alert(session, alert_id)"
CANCEL = "    cancel_pages(session, alert)\n"
CANCEL_FIRST = edit(
    alerts.acknowledge_alert,
    LOCK,
    f"cancel_pages(session, session.get_one(Alert, alert_id)); {LOCK}",
) + edit(alerts._take, CANCEL)
ONE_STATEMENT = '''session.execute(__import__("sqlalchemy").text("""
        WITH taken AS (
          UPDATE alerting.alert SET status = 'acknowledged', generation = generation + 1,
            next_escalation_at = NULL
          WHERE alert_id = :id AND status = 'open' RETURNING alert_id
        ) UPDATE alerting.notification SET status = 'cancelled' FROM taken
        WHERE notification.alert_id = taken.alert_id AND status = 'pending'
        """), {"id": alert_id}); session.refresh(alert)'''
IN_ONE_STATEMENT = edit(
    alerts.acknowledge_alert,
    LOCK,
    "alert = session.get_one(Alert, alert_id)",
    "change_status(alert, Step.ACKNOWLEDGE)",
    ONE_STATEMENT,
) + edit(alerts._take, CANCEL)
FOR_UPDATE = "        .with_for_update(key_share=True, skip_locked=True)\n"
ELSEWHERE = (
    'with __import__("warehouse.session", fromlist=["x"]).transaction() as session:\n'
    "        record_many("
)
NEWEST = (
    '__import__("warehouse.queries.policies", fromlist=["x"])'
    ".get_policy(ladders._session, at=ladders.at).policy_version_id"
)
IDENTITY = (
    "ALTER TABLE alerting.notification DROP CONSTRAINT uq_notification_identity",
    "ALTER TABLE alerting.notification ADD CONSTRAINT uq_notification_identity"
    " UNIQUE NULLS NOT DISTINCT (alert_id, generation, escalation_loop, escalation_level,"
    " fallback_action_id, kind, recipient_user_id, recipient_traveller_id)",
)
KEY_FOR_EVER = (
    "DROP INDEX alerting.uq_alert_live",
    "CREATE UNIQUE INDEX uq_alert_live ON alerting.alert (dedup_key)",
)
UNGUARDED = ("DROP TRIGGER guard_alert ON alerting.alert",)
BY_NOBODY = (
    "DROP TRIGGER acknowledged_by_one ON alerting.alert",
    "DROP TRIGGER acknowledged_by_one ON alerting.acknowledgement",
)


QUICK = (
    Fault("the fence is dropped from the claim", page_that_slipped_through, NO_FENCE),
    Fault(
        "pages are cancelled before the lock", two_at_once("escalate", "acknowledge"), CANCEL_FIRST
    ),
    Fault(
        "acknowledged in one statement", two_at_once("escalate", "acknowledge"), IN_ONE_STATEMENT
    ),
    Fault(
        "the sweep locks nothing",
        two_at_once("acknowledge", "escalate"),
        edit(escalations._lock_due, FOR_UPDATE),
    ),
    Fault(
        "the sweep waits for locked rows",
        sweep_beside_a_lock,
        edit(escalations._lock_due, "skip_locked=True", "skip_locked=False"),
    ),
    Fault("the guard of alerts is dropped", postgres_refuses, (), UNGUARDED),
    Fault(
        "an answer that is no success counts as sent",
        webhook_refusals,
        edit(webhook.WebhookChannel.send, "if not 200 <= status <= 299:", "if status == 0:"),
    ),
    Fault(
        "the audit entry is written in another transaction",
        crash("resolve"),
        edit(audit.record, "record_many(", ELSEWHERE),
    ),
    Fault(
        "a page refused for now waits on although its alert was taken",
        two_at_once("acknowledge", "refused for now"),
        edit(notifications._values_after, "still_to_be_sent(at)", "Notification.attempts > 0"),
    ),
)

SLOW = (
    Fault(
        "the fence is dropped, and acknowledged in one statement",
        storms,
        NO_FENCE + IN_ONE_STATEMENT,
    ),
    Fault(
        "acknowledging takes no lock",
        crowd_of_takers,
        edit(alert_rows.locked_alert, "        .with_for_update(key_share=True)\n"),
    ),
    Fault(
        "nothing keeps a key unique",
        crowd_of_writers,
        edit(
            raising._insert,
            '        .on_conflict_do_nothing(index_elements=["dedup_key"], index_where=LIVE)\n',
        ),
        ("DROP INDEX alerting.uq_alert_live",),
    ),
    Fault("a key is unique for ever, closed or not", days_at_the_desk, (), KEY_FOR_EVER),
    Fault(
        "whoever comes second with a fact is not heard",
        crowd_of_writers,
        edit(raising.raise_flight_alerts, "case.dedup_key not in raised", "False"),
    ),
    Fault(
        "who reports need not hold the lease",
        late_report,
        edit(
            notifications.record_delivery,
            "Notification.lease_owner == worker,",
            "",
            "Notification.attempts == attempt,",
            "",
        ),
    ),
    Fault(
        "a change of status keeps the generation",
        days_at_the_desk,
        edit(alert_rows.change_status, "alert.generation += 1", "pass"),
    ),
    Fault(
        "a change of status keeps the generation, and no guard is there",
        days_at_the_desk,
        edit(alert_rows.change_status, "alert.generation += 1", "pass"),
        UNGUARDED,
    ),
    Fault(
        "who puts an alert off leaves its pages waiting",
        days_at_the_desk,
        edit(alert_suppression.suppress_alert, CANCEL),
    ),
    Fault(
        "an alert that was put off is swept all the same",
        days_at_the_desk,
        edit(alert_suppression.suppress_alert, "    alert.next_escalation_at = until_at\n")
        + edit(escalations._lock_due, "Alert.suppressed_until_at <= at", "Alert.alert_id > 0"),
    ),
    Fault(
        "put off at the end of its ladder, an alert never wakes",
        days_at_the_desk,
        edit(escalations._begins_anew, "place.was_suppressed and", "False and"),
    ),
    Fault(
        "who lapses keeps the acknowledgement",
        days_at_the_desk,
        edit(alert_rows.reopen, "end_acknowledgement(session, alert, reason, at=at)", "pass"),
    ),
    Fault(
        "who lapses keeps the acknowledgement, and no constraint is there",
        days_at_the_desk,
        edit(alert_rows.reopen, "end_acknowledgement(session, alert, reason, at=at)", "pass"),
        BY_NOBODY,
    ),
    Fault(
        "an alert given back goes on where its ladder stood",
        days_at_the_desk,
        edit(alert_rows.reopen, "alert.escalation_level, alert.escalation_loop = 0, 0", "pass"),
    ),
    Fault("two channels of a person count as one page", days_at_the_desk, (), IDENTITY),
    Fault(
        "releasing is not audited",
        days_at_the_desk,
        edit(alerts.release_alert, "audit.record(", "(lambda *_, **__: None)("),
    ),
    Fault(
        "the ladder starts again for ever",
        days_at_the_desk,
        edit(escalation_policy.position_after, "position.loop < ladder.repeat_count", "True"),
    ),
    Fault(
        "a repeated click is another act",
        days_at_the_desk,
        edit(alerts._was_done, "is not None", "is not None and False"),
    ),
    Fault(
        "what no worker answers for is tried for ever",
        days_at_the_desk,
        edit(
            notification_leases._return,
            "(is_used_up, NotificationStatus.DEAD.value),",
        ),
    ),
    Fault(
        "of what went in one message, one page ends alone",
        days_at_the_desk,
        edit(notifications._sent_together, "or_(is_this, in_digest)", "is_this"),
    ),
    Fault(
        "a step whose pages are dead waits its time",
        days_at_the_desk,
        edit(dead_letters._go_on, "min(alert.next_escalation_at, at)", "alert.next_escalation_at"),
    ),
    Fault(
        "whose page is dead is not tried by another channel",
        days_at_the_desk,
        edit(dead_letters._follow, "if channel is not None and", "if False and"),
    ),
    Fault(
        "sending again gives no fresh budget",
        days_at_the_desk,
        edit(resending.resend_notification, "letter.attempts + MOST_ATTEMPTS", "MOST_ATTEMPTS"),
    ),
    Fault(
        "who cannot be reached by the step's channels counts as reached",
        one_without_the_channel,
        edit(
            ladders.Ladders._resolve,
            "if addresses(step.channels, person.contacts)",
        ),
    ),
    Fault(
        "everybody on shift is paged, whatever their role",
        days_at_the_desk,
        edit(responders.list_responders, ", Stand.role == role.value"),
    ),
    Fault(
        "a milder fact makes an alert milder",
        days_at_the_desk,
        edit(
            raising._strengthen, "highest(Severity(alert.severity), case.severity)", "case.severity"
        ),
    ),
    Fault(
        "an edited ladder is climbed by alerts that run",
        days_at_the_desk,
        edit(escalations._land, "place.policy_version_id", NEWEST),
    ),
    Fault(
        "a fact after closing is another alert without a link",
        days_at_the_desk,
        edit(raising._insert, "earlier.get(case.dedup_key)", "None"),
    ),
    Fault(
        "what a storm leaves behind is forgotten",
        days_at_the_desk,
        edit(alert_rows._let_joined_go, ", next_escalation_at=case((is_open, at))"),
    ),
    Fault(
        "a storm that got worse is given back without a word",
        days_at_the_desk,
        edit(storm_control._follow, "    if rose:\n", "    if False:\n"),
    ),
)

FAULTS = QUICK + SLOW
