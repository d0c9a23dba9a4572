"""What holds of the ladder and of the pages that it queues."""

from tests.warehouse.lifecycle.promise import promise

QUIET_BEFORE = """
  SELECT (after ->> 'suppressed_until_at')::timestamptz AS quiet_until FROM journal.change AS state
  WHERE state.noun = 'alert' AND state.alert_id = {row}.alert_id
    AND state.change_id < {row}.{number} AND state.xid <> {row}.xid
  ORDER BY state.change_id DESC LIMIT 1
"""
"""How long an alert was to be quiet as a row was written, before that row's own transaction."""


@promise(5, "no page leaves after what it would follow was committed")
def no_page_after_the_change() -> str:
    return """
      SELECT format('notification %s of generation %s left after generation %s',
        notification_id, departure.generation, changed.after ->> 'generation')
      FROM journal.departure
      JOIN journal.change AS changed ON changed.noun = 'alert'
        AND changed.alert_id = departure.alert_id
      WHERE departure.kind = 'page'
        AND (changed.after ->> 'generation')::int > departure.generation
        AND changed.xid <> departure.xid
        AND pg_visible_in_snapshot(changed.xid, departure.seen)
    """


@promise(6, "no page waits for an alert that is not open or has moved on")
def waiting_pages_are_current() -> str:
    return """
      SELECT format('notification %s', notification_id) FROM alerting.notification
      JOIN alerting.alert USING (alert_id)
      WHERE notification.kind = 'page' AND notification.status = 'pending'
        AND (alert.status <> 'open' OR alert.generation <> notification.generation)
    """


@promise(7, "each step pages a person by a channel once")
def paged_once() -> str:
    return """
      SELECT format('alert %s, user %s by %s', alert_id, recipient_user_id, channel)
      FROM alerting.notification WHERE kind = 'page'
      GROUP BY alert_id, generation, escalation_loop, escalation_level, recipient_user_id, channel
      HAVING count(*) > 1
    """


@promise(7, "what goes in one message is for one person by one channel")
def a_digest_is_one_persons() -> str:
    return """
      SELECT format('digest %s', digest_id) FROM alerting.notification
      WHERE digest_id IS NOT NULL GROUP BY digest_id
      HAVING count(DISTINCT (recipient_user_id, channel, address)) > 1
    """


@promise(10, "the ladder is bounded")
def bounded_ladder() -> str:
    return """
      SELECT format('alert %s stands at level %s of %s, loop %s of %s', place.alert_id, level,
        (SELECT max(step.level) FROM alerting.policy_step AS step
          WHERE step.policy_version_id = place.policy_version_id), loop, repeat_count)
      FROM (
        SELECT alert_id, policy_version_id, loop, level FROM alerting.escalation
        UNION ALL
        SELECT alert_id, policy_version_id, escalation_loop, escalation_level FROM alerting.alert
      ) AS place
      JOIN alerting.escalation_policy_version USING (policy_version_id)
      WHERE loop > repeat_count OR level > (SELECT max(step.level) FROM alerting.policy_step AS step
        WHERE step.policy_version_id = place.policy_version_id)
    """


@promise(11, "every step reaches somebody")
def every_step_reaches_somebody() -> str:
    return """
      SELECT format('alert %s, level %s, loop %s', step.alert_id, level, loop)
      FROM alerting.escalation AS step JOIN alerting.alert USING (alert_id)
      WHERE parent_alert_id IS NULL AND NOT EXISTS (SELECT FROM alerting.notification AS page
        WHERE page.alert_id = step.alert_id AND page.generation = step.generation
          AND page.escalation_loop = step.loop AND page.escalation_level = step.level)
    """


@promise(11, "an open alert is going to page, or its ladder ran to the end")
def nobody_is_forgotten() -> str:
    return """
      SELECT format('alert %s', alert_id) FROM alerting.alert
      WHERE status = 'open' AND kind = 'flight' AND parent_alert_id IS NULL
        AND next_escalation_at IS NULL
        AND EXISTS (SELECT FROM journal.change AS began
          WHERE began.noun = 'alert' AND began.alert_id = alert.alert_id
            AND began.after ->> 'next_escalation_at' IS NOT NULL)
        AND NOT EXISTS (SELECT FROM alerting.escalation AS step
          JOIN alerting.escalation_policy_version AS policy USING (policy_version_id)
          WHERE step.alert_id = alert.alert_id AND step.generation = alert.generation
            AND step.loop = policy.repeat_count AND step.level = (
              SELECT max(rung.level) FROM alerting.policy_step AS rung
              WHERE rung.policy_version_id = policy.policy_version_id))
    """


AT_ITS_STEP = """
  SELECT alert.*, page.recipient_user_id, every(page.status = 'dead') AS is_dead,
    every(every(page.status = 'dead')) OVER (PARTITION BY alert.alert_id) AS all_are_dead,
    array_agg(page.channel) AS tried,
    max(max(died.at)) OVER (PARTITION BY alert.alert_id) AS died_at
  FROM alerting.alert JOIN alerting.notification AS page ON page.alert_id = alert.alert_id
    AND page.generation = alert.generation AND page.escalation_level = alert.escalation_level
    AND page.escalation_loop = alert.escalation_loop
  LEFT JOIN audit.entry AS died ON died.tag = 'notification.died'
    AND died.noun_id = page.notification_id
  WHERE alert.status = 'open' AND alert.suppressed_until_at IS NULL
    AND alert.parent_alert_id IS NULL
  GROUP BY alert.alert_id, page.recipient_user_id
"""
"""Open alerts, and how each person fared whom the step that they stand on pages."""


@promise(11, "a step that reached nobody keeps no alert waiting")
def the_dead_keep_nobody_waiting() -> str:
    return f"""
      SELECT format('alert %s waits until %s', alert_id, next_escalation_at)
      FROM ({AT_ITS_STEP}) AS paged WHERE all_are_dead AND next_escalation_at > died_at
    """


@promise(11, "whose page is dead is paged by the next channel that reaches them")
def the_next_channel_goes() -> str:
    return f"""
      SELECT format('alert %s, user %s was tried by %s', alert_id, user_id, tried)
      FROM ({AT_ITS_STEP}) AS paged
      JOIN people."user" AS person ON person.user_id = paged.recipient_user_id
      WHERE is_dead AND phone_verified_at IS NOT NULL AND NOT 'sms' = ANY (tried)
        AND EXISTS (SELECT FROM alerting.policy_step AS step
          WHERE step.policy_version_id = paged.policy_version_id AND step.channels ? 'sms')
    """


@promise(12, "nothing is queued while an alert is to be quiet")
def quiet_queues_nothing() -> str:
    state = QUIET_BEFORE.format(row="queued", number="change_id")
    return f"""
      SELECT format('notification %s, quiet until %s', queued.noun_id, quiet_until)
      FROM journal.change AS queued, LATERAL ({state})
      WHERE queued.noun = 'notification' AND queued.before IS NULL
        AND queued.after ->> 'kind' = 'page'
        AND quiet_until > (queued.after ->> 'created_at')::timestamptz
    """


@promise(12, "nothing leaves while an alert is to be quiet")
def quiet_sends_nothing() -> str:
    state = QUIET_BEFORE.format(row="departure", number="departure_id")
    return f"""
      SELECT format('notification %s, quiet until %s', notification_id, quiet_until)
      FROM journal.departure, LATERAL ({state})
      WHERE kind = 'page' AND quiet_until > leased_at
    """


@promise(13, "an alert that is still open when its quiet ends pages")
def quiet_ends_with_a_page() -> str:
    return """
      SELECT format('alert %s', woke.alert_id) FROM journal.change AS woke
      WHERE woke.noun = 'alert' AND woke.before ->> 'status' = 'open'
        AND woke.after ->> 'status' = 'open'
        AND woke.before ->> 'suppressed_until_at' IS NOT NULL
        AND woke.after ->> 'suppressed_until_at' IS NULL
        AND NOT EXISTS (SELECT FROM journal.change AS queued
          WHERE queued.noun = 'notification' AND queued.before IS NULL
            AND queued.alert_id = woke.alert_id AND queued.xid = woke.xid)
      UNION ALL
      SELECT format('alert %s has nothing due', alert_id) FROM alerting.alert
      WHERE status = 'open' AND suppressed_until_at IS NOT NULL AND next_escalation_at IS NULL
    """


@promise(13, "what was queued before the quiet never leaves after it")
def quiet_leaves_nothing_behind() -> str:
    return """
      SELECT format('notification %s', departure.notification_id)
      FROM journal.departure
      JOIN journal.change AS queued ON queued.noun = 'notification' AND queued.before IS NULL
        AND queued.noun_id = departure.notification_id
      WHERE departure.kind = 'page' AND EXISTS (
        SELECT FROM journal.change AS quiet
        WHERE quiet.noun = 'alert' AND quiet.alert_id = departure.alert_id
          AND quiet.change_id BETWEEN queued.change_id AND departure.departure_id
          AND quiet.before ->> 'suppressed_until_at' IS DISTINCT FROM
            quiet.after ->> 'suppressed_until_at'
          AND quiet.after ->> 'suppressed_until_at' IS NOT NULL)
    """


@promise(15, "however late, a pass takes an alert one step")
def one_step_per_pass() -> str:
    return """
      SELECT format('alert %s took %s steps', alert_id, count(*)) FROM journal.change
      WHERE noun = 'escalation' AND before IS NULL
      GROUP BY alert_id, xid HAVING count(*) > 1
      UNION ALL
      SELECT format('alert %s, two steps at %s', alert_id, escalated_at)
      FROM alerting.escalation AS step WHERE NOT EXISTS (
        -- A step whose pages died may be followed in the same instant.
        SELECT FROM journal.change AS died WHERE died.noun = 'notification'
          AND died.alert_id = step.alert_id AND died.after ->> 'status' = 'dead'
          AND (died.after ->> 'generation')::bigint = step.generation
          AND (died.after ->> 'escalation_loop')::bigint = step.loop
          AND (died.after ->> 'escalation_level')::bigint = step.level)
      GROUP BY alert_id, generation, escalated_at HAVING count(*) > 1
    """


@promise(16, "no message is tried more often than it may be, which only a person raises")
def attempts_are_bounded() -> str:
    return """
      SELECT format('notification %s: attempt %s of %s', notification_id, attempts, most_attempts)
      FROM alerting.notification
      WHERE attempts > most_attempts OR (most_attempts > 4 AND NOT EXISTS (
        SELECT FROM audit.entry WHERE tag = 'notification.resent' AND noun_id = notification_id
          AND (after ->> 'most_attempts')::bigint = most_attempts))
    """


@promise(18, "a message that has ended moves by a newer word of its provider, or sent again")
def endings_stand() -> str:
    return """
      SELECT format('notification %s: %s became %s', noun_id, before ->> 'status',
        after ->> 'status')
      FROM journal.change
      WHERE noun = 'notification'
        AND before ->> 'status' IN ('sent', 'delivered', 'cancelled', 'dead')
        AND before ->> 'status' <> after ->> 'status'
        AND NOT (before ->> 'status' = 'dead' AND after ->> 'status' = 'pending'
          AND (after ->> 'most_attempts')::bigint > (before ->> 'most_attempts')::bigint)
        AND NOT (before ->> 'status' <> 'cancelled' AND (after ->> 'provider_seq')::bigint
          > coalesce((before ->> 'provider_seq')::bigint, -1))
    """


@promise(18, "what went in one message and is not cancelled fares alike")
def a_digest_fares_alike() -> str:
    return """
      SELECT format('digest %s: %s', digest_id, string_agg(status, ', '))
      FROM alerting.notification WHERE digest_id IS NOT NULL AND status <> 'cancelled'
      GROUP BY digest_id
      HAVING count(DISTINCT (status, attempts, provider_message_id,
        CASE WHEN status = 'pending' THEN not_before_at END)) > 1
    """
