"""My account: how the desk reaches me, and when it leaves me alone."""

import streamlit as st

from dashboard.auth.gate import require
from dashboard.auth.reading import reading
from dashboard.components import account_contacts, account_quiet, account_results, style
from warehouse.queries.clock import read_clock
from warehouse.queries.own_contacts import get_own_account
from warehouse.vocabulary import Permission


def render() -> None:
    """Draw the page."""
    actor = require(Permission.KEEP_OWN_CONTACTS)
    style.apply()
    st.title("My account")
    account_results.draw_result()
    with reading(actor) as session:
        clock = read_clock(session)
        account = get_own_account(session, actor, clock=clock)
    account_contacts.draw(account, clock)
    account_quiet.draw(account)
