"""Policies: the ladder that new alerts climb, its next version, and what each one changed."""

import streamlit as st

from dashboard.auth.gate import require
from dashboard.auth.reading import reading
from dashboard.components import policy_form, policy_versions, shift_results, style
from warehouse.queries.people import list_staff
from warehouse.queries.policy_versions import list_policy_versions
from warehouse.vocabulary import Permission


def render() -> None:
    """Draw the page."""
    actor = require(Permission.ADMINISTER)
    style.apply()
    st.title("Policies")
    shift_results.draw_result()
    with reading(actor) as session:
        versions = list_policy_versions(session, actor)
        staff = list_staff(session, actor)
    if not versions:
        st.info("No escalation policy was published yet: `stormdesk up` publishes the first.")
        return
    newest = versions[0]
    policy_versions.draw_in_force(newest)
    policy_versions.draw_moving(newest, versions)
    st.subheader("Publish the next version")
    policy_form.draw(newest, staff)
    st.subheader("Versions")
    policy_versions.draw_history(versions)
