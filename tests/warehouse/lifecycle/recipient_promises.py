"""What holds of whom a step of the ladder pages."""

from tests.warehouse.lifecycle.promise import promise

EXPECTED = """
  SELECT step.escalation_id, person.user_id, channel
  FROM alerting.escalation AS step
  JOIN alerting.policy_step AS rung
    ON rung.policy_version_id = step.policy_version_id AND rung.level = step.level
  JOIN people."user" AS person ON person.is_active AND CASE rung.target
      WHEN 'user' THEN person.user_id = rung.user_id
      ELSE EXISTS (SELECT FROM people.stand AS held
        WHERE held.user_id = person.user_id AND held.role = rung.role
          AND held.during @> step.escalated_at) END
  CROSS JOIN jsonb_array_elements_text(rung.channels) AS channel
  WHERE (channel = 'email' AND person.email_verified_at IS NOT NULL)
    OR (channel = 'sms' AND person.phone_verified_at IS NOT NULL)
"""
"""Whom each step should page by what: who holds its shift at that instant and has the channel."""


@promise(21, "a step pages exactly who is on shift at its instant, else the catch-all")
def the_holders_are_paged() -> str:
    return f"""
      WITH expected AS ({EXPECTED}), recent AS (
        SELECT step.*, policy.catch_all_user_id FROM alerting.escalation AS step
        JOIN alerting.escalation_policy_version AS policy USING (policy_version_id)
        JOIN journal.change ON change.noun = 'escalation' AND change.noun_id = step.escalation_id
        WHERE change.change_id > CAST(:since AS bigint)
      ), due AS (
        SELECT escalation_id, user_id, channel FROM expected
        WHERE escalation_id IN (SELECT escalation_id FROM recent)
        UNION ALL
        SELECT escalation_id, catch_all_user_id, 'email' FROM recent
        WHERE escalation_id NOT IN (SELECT escalation_id FROM expected)
      ), paged AS (
        SELECT recent.escalation_id, page.recipient_user_id AS user_id, page.channel
        FROM recent JOIN alerting.notification AS page ON page.alert_id = recent.alert_id
          AND page.generation = recent.generation AND page.escalation_loop = recent.loop
          AND page.escalation_level = recent.level
      )
      SELECT format('escalation %s: user %s by %s is %s', escalation_id, user_id, channel, wrong)
      FROM (
        SELECT *, 'not paged' AS wrong FROM (SELECT * FROM due EXCEPT SELECT * FROM paged) AS less
        UNION ALL
        SELECT *, 'paged' FROM (SELECT * FROM paged EXCEPT SELECT * FROM due) AS more
      ) AS differing
    """


@promise(21, "everybody whom a step counts is paged")
def counted_are_paged() -> str:
    # Where none of them could be reached, the catch-all is paged at the same step on top.
    return """
      SELECT format('alert %s, level %s, loop %s: %s counted, %s paged', step.alert_id, level, loop,
        recipient_count, paged)
      FROM alerting.escalation AS step, LATERAL (
        SELECT count(DISTINCT recipient_user_id) AS paged FROM alerting.notification AS page
        WHERE page.alert_id = step.alert_id AND page.generation = step.generation
          AND page.escalation_loop = step.loop AND page.escalation_level = step.level
      ) AS counted
      WHERE recipient_count > paged
    """
