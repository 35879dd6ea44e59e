"""The rows about a seller's account: what was done to it, under which tickets, and what buyers report of it."""

from __future__ import annotations

from features.lookups.lookup import Lookup

_KNOWN_SELLERS = """
-- a row is a seller whose account became known in these weeks
select seller_id from sellers group by seller_id
having cast(date_trunc('week', min(known_at)) as date) in (select week from weeks_to_fold)
"""

OF_BUYER_REPORTS = Lookup(
    reads=("buyer_reports",),
    touched=_KNOWN_SELLERS,
    inputs={"buyer_reports": "select * from old_buyer_reports where seller_id in (select seller_id from touched)"},
    changed="""
select greatest(r.known_at, s.known_at)
from late_buyer_reports as r
join (select seller_id, min(known_at) as known_at from sellers group by seller_id) as s on r.seller_id = s.seller_id
""",
)

_NAMED_TICKETS = "select ticket_id from account_actions where seller_id in (select seller_id from affected)"

OF_ACCOUNT_ACTIONS = Lookup(
    reads=("account_actions", "tickets"),
    touched=f"""
-- a row is a seller of whose account something became known: an action, its ticket, or the account itself
select seller_id from new_account_actions
union
select seller_id from old_account_actions where ticket_id in (select ticket_id from new_tickets)
union
select seller_id from ({_KNOWN_SELLERS}) as known
""",
    inputs={
        "account_actions": "select * from old_account_actions where seller_id in (select seller_id from touched)",
        "tickets": """
select * from old_tickets where ticket_id in (
  select ticket_id from new_account_actions
  union
  select ticket_id from old_account_actions where seller_id in (select seller_id from touched)
)
""",
    },
    changed=f"""
with affected as (
  select seller_id from late_account_actions
  union
  select seller_id from account_actions where ticket_id in (select ticket_id from late_tickets)
)
-- what is made of several rows is known when one of them is
select known_at from account_actions where seller_id in (select seller_id from affected)
union
select min(known_at) from sellers where seller_id in (select seller_id from affected) group by seller_id
union
select known_at from tickets where ticket_id in ({_NAMED_TICKETS})
""",
)
