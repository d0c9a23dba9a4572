"""What holds of storms, and of the alerts that joined one."""

from tests.warehouse.lifecycle.promise import promise


@promise(11, "a storm is going to page, or its ladder ran to the end")
def no_storm_is_forgotten() -> str:
    return """
      SELECT format('storm %s', alert_id) FROM alerting.alert
      WHERE status = 'open' AND kind = 'storm' AND next_escalation_at IS NULL
        AND NOT EXISTS (SELECT FROM alerting.escalation AS step
          JOIN alerting.escalation_policy_version AS policy USING (policy_version_id)
          WHERE step.alert_id = alert.alert_id AND step.generation = alert.generation
            AND step.loop = policy.repeat_count AND step.level = (
              SELECT max(rung.level) FROM alerting.policy_step AS rung
              WHERE rung.policy_version_id = policy.policy_version_id))
    """


@promise(11, "what joined a storm has a live one that pages for it")
def joined_to_a_live_storm() -> str:
    return """
      SELECT format('alert %s joined %s', joined.alert_id, storm.alert_id)
      FROM alerting.alert AS joined JOIN alerting.alert AS storm
        ON storm.alert_id = joined.parent_alert_id
      WHERE joined.status <> 'closed' AND (storm.kind <> 'storm' OR storm.status = 'closed')
    """


@promise(11, "an open alert that leaves its storm pages for itself at once")
def who_leaves_a_storm_pages() -> str:
    return """
      SELECT format('alert %s', noun_id) FROM journal.change
      WHERE noun = 'alert' AND after ->> 'status' = 'open'
        AND before ->> 'parent_alert_id' IS NOT NULL AND after ->> 'parent_alert_id' IS NULL
        AND after ->> 'next_escalation_at' IS NULL
    """


@promise(11, "what joined a storm queues no page of its own while it belongs to it")
def joined_pages_nobody() -> str:
    return """
      SELECT format('notification %s of alert %s', queued.noun_id, queued.alert_id)
      FROM journal.change AS queued, LATERAL (
        SELECT state.after ->> 'parent_alert_id' AS storm_id FROM journal.change AS state
        WHERE state.noun = 'alert' AND state.alert_id = queued.alert_id
          AND state.change_id < queued.change_id
        ORDER BY state.change_id DESC LIMIT 1
      ) AS standing
      WHERE queued.noun = 'notification' AND queued.before IS NULL
        AND queued.after ->> 'kind' = 'page' AND storm_id IS NOT NULL
    """


@promise(25, "a storm is never milder than what joined it")
def a_storm_is_as_bad_as_what_joined_it() -> str:
    return """
      SELECT format('storm %s is %s, alert %s %s', storm.alert_id, storm.severity, joined.alert_id,
        joined.severity)
      FROM alerting.alert AS joined JOIN alerting.alert AS storm
        ON storm.alert_id = joined.parent_alert_id
      WHERE joined.status <> 'closed' AND joined.severity_rank > storm.severity_rank
    """
