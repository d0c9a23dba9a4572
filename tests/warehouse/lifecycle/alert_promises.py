"""What holds of alerts, their acknowledgements and their history."""

from tests.warehouse.lifecycle.promise import promise

AUDITED = """
  ('alert.raised'), ('alert.acknowledged'), ('alert.released'), ('alert.reopened'), ('alert.closed')
"""


@promise(1, "one live alert per key")
def one_live_alert_per_key() -> str:
    return """
      SELECT dedup_key FROM alerting.alert WHERE status <> 'closed'
      GROUP BY dedup_key HAVING count(*) > 1
    """


@promise(2, "acknowledged means exactly one acknowledgement in force")
def acknowledged_by_one() -> str:
    return """
      SELECT format('alert %s is %s with %s in force', alert_id, status, in_force)
      FROM alerting.alert, LATERAL (
        SELECT count(*) AS in_force FROM alerting.acknowledgement AS taken
        WHERE taken.alert_id = alert.alert_id AND is_effective AND ended_at IS NULL
      ) AS counted
      WHERE in_force <> (status = 'acknowledged')::int
    """


@promise(3, "of all who take an alert at once one has it and the others have also seen it")
def one_taker_and_the_others_saw() -> str:
    return """
      SELECT format('alert %s, generation %s: %s takers', alert_id, generation,
        count(*) FILTER (WHERE is_effective))
      FROM alerting.acknowledgement GROUP BY alert_id, generation
      HAVING count(*) FILTER (WHERE is_effective) <> 1
    """


@promise(4, "one act of a person leaves one row")
def one_row_per_act() -> str:
    return """
      SELECT idempotency_key FROM alerting.acknowledgement WHERE idempotency_key IS NOT NULL
      GROUP BY idempotency_key HAVING count(*) > 1
    """


@promise(8, "a closed alert never changes")
def closed_is_the_end() -> str:
    return """
      SELECT format('alert %s', noun_id) FROM journal.change
      WHERE noun = 'alert' AND before ->> 'status' = 'closed'
    """


@promise(9, "a generation never falls, and a change of status raises it by one")
def generations_rise() -> str:
    return """
      SELECT format('alert %s: %s of generation %s became %s of %s', noun_id,
        before ->> 'status', before ->> 'generation', after ->> 'status', after ->> 'generation')
      FROM journal.change
      WHERE noun = 'alert' AND before IS NOT NULL
        AND ((after ->> 'generation')::int < (before ->> 'generation')::int
          OR (after ->> 'status' <> before ->> 'status'
            AND (after ->> 'generation')::int <> (before ->> 'generation')::int + 1))
    """


@promise(14, "an acknowledgement that lapsed gives the alert back at the first step, due at once")
def given_back_at_the_first_step() -> str:
    return """
      SELECT format('alert %s: level %s, loop %s, due %s', noun_id, after ->> 'escalation_level',
        after ->> 'escalation_loop', after ->> 'next_escalation_at')
      FROM journal.change
      WHERE noun = 'alert' AND before ->> 'status' = 'acknowledged' AND after ->> 'status' = 'open'
        AND (after ->> 'escalation_level' <> '0' OR after ->> 'escalation_loop' <> '0'
          OR after ->> 'next_escalation_at' IS NULL)
    """


@promise(14, "what is acknowledged has the deadline of its policy")
def acknowledged_has_a_deadline() -> str:
    return """
      SELECT format('alert %s', alert_id) FROM alerting.alert
      JOIN alerting.escalation_policy_version AS policy USING (policy_version_id)
      WHERE status = 'acknowledged' AND ack_deadline_at IS NULL
        AND policy.ack_timeout_minutes ? severity
    """


@promise(19, "every change of status has one audit entry, in the same transaction")
def changes_are_audited() -> str:
    return f"""
      SELECT format('alert %s: %s changes, %s entries', alert_id, coalesce(changes, 0),
        coalesce(entries, 0))
      FROM (
        SELECT alert_id, xid, count(*) AS changes FROM journal.change
        WHERE noun = 'alert' AND before ->> 'status' IS DISTINCT FROM after ->> 'status'
        GROUP BY alert_id, xid
      ) AS changed FULL JOIN (
        SELECT noun_id AS alert_id, xid, count(*) AS entries FROM audit.entry
        WHERE noun = 'alert' AND (tag IN (VALUES {AUDITED})
          OR (tag = 'alert.strengthened' AND EXISTS (
            SELECT FROM journal.change WHERE change.noun = 'alert'
              AND change.alert_id = entry.noun_id AND change.xid = entry.xid
              AND before ->> 'status' <> after ->> 'status')))
        GROUP BY noun_id, xid
      ) AS told USING (alert_id, xid)
      WHERE changes IS DISTINCT FROM entries
    """


@promise(19, "every escalation has one audit entry, in the same transaction")
def escalations_are_audited() -> str:
    return """
      SELECT format('alert %s: %s escalations, %s entries', alert_id, coalesce(steps, 0),
        coalesce(entries, 0))
      FROM (
        SELECT alert_id, xid, count(*) AS steps FROM journal.change
        WHERE noun = 'escalation' AND before IS NULL
          AND alert_id NOT IN (
            SELECT joined.alert_id FROM alerting.alert AS joined WHERE parent_alert_id IS NOT NULL)
        GROUP BY alert_id, xid
      ) AS climbed FULL JOIN (
        SELECT noun_id AS alert_id, xid, count(*) AS entries FROM audit.entry
        WHERE tag = 'alert.escalated' GROUP BY noun_id, xid
      ) AS told USING (alert_id, xid)
      WHERE steps IS DISTINCT FROM entries
    """


@promise(24, "an alert climbs the ladder it began with, at that ladder's pace")
def the_ladder_it_began_with() -> str:
    return """
      SELECT format('alert %s, level %s: next due %s', step.alert_id, step.level,
        climbed.after ->> 'next_escalation_at')
      FROM journal.change AS climbed
      JOIN alerting.escalation AS step ON step.alert_id = climbed.alert_id
        AND step.generation = (climbed.after ->> 'generation')::int
        AND step.loop = (climbed.after ->> 'escalation_loop')::int
        AND step.level = (climbed.after ->> 'escalation_level')::int
      JOIN alerting.alert ON alert.alert_id = climbed.alert_id
      LEFT JOIN alerting.policy_step AS next_step
        ON next_step.policy_version_id = alert.policy_version_id
        AND next_step.level = step.level + 1
      WHERE climbed.noun = 'alert' AND climbed.change_id > CAST(:since AS bigint)
        AND climbed.before ->> 'status' = 'open' AND climbed.after ->> 'status' = 'open'
        AND (climbed.before ->> 'escalation_level', climbed.before ->> 'escalation_loop',
            climbed.before ->> 'generation')
          <> (climbed.after ->> 'escalation_level', climbed.after ->> 'escalation_loop',
            climbed.after ->> 'generation')
        AND (step.policy_version_id <> alert.policy_version_id
          OR (next_step.level IS NOT NULL
            AND (climbed.after ->> 'next_escalation_at')::timestamptz IS DISTINCT FROM
              step.escalated_at + make_interval(mins => next_step.delay_minutes::int)))
    """


@promise(25, "facts never change what an alert is about, and never make a live one milder")
def facts_only_strengthen() -> str:
    return """
      SELECT format('alert %s: %s became %s', noun_id, before ->> 'severity', after ->> 'severity')
      FROM journal.change
      WHERE noun = 'alert' AND before IS NOT NULL
        AND (before ->> 'dedup_key' <> after ->> 'dedup_key'
          OR (after ->> 'severity_rank')::int < (before ->> 'severity_rank')::int)
    """


@promise(25, "the same matter after its closing is another alert, linked to the one before")
def linked_to_the_one_before() -> str:
    return """
      SELECT format('alert %s follows %s, not %s', alert_id, previous_alert_id, earlier)
      FROM (
        SELECT alert_id, previous_alert_id,
          lag(alert_id) OVER (PARTITION BY dedup_key ORDER BY alert_id) AS earlier
        FROM alerting.alert
      ) AS chain
      WHERE previous_alert_id IS DISTINCT FROM earlier
    """
