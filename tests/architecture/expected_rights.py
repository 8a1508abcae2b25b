"""Who may open what, written down by hand: not read from the routes, their guards or the table of grants.

First line that matches counts. A new route that no line covers turns the matrix red: decide who may open it, here.
"""

import re

AGENT, ENGINEER, LEAD = "agent", "engineer", "lead"
PARTNER = "partner"
ADMIN, SYSTEM_ADMIN, SECURITY_ADMIN, AUDIT_ADMIN = "admin", "system_admin", "security_admin", "audit_admin"

IN_QUEUES = {AGENT, ENGINEER, LEAD}
KEEPERS_OF_PEOPLE = {ADMIN, SECURITY_ADMIN}
COMPLAINED_TO = {AGENT, LEAD} | KEEPERS_OF_PEOPLE
EVERYBODY = {AGENT, ENGINEER, LEAD, ADMIN, SYSTEM_ADMIN, SECURITY_ADMIN, AUDIT_ADMIN, PARTNER}
_TICKET = r"(?:/api/v1)?/tickets/\{number\}"

# (methods, pattern of the whole path, roles)
RIGHTS: tuple[tuple[str, str, set[str]], ...] = (
    # Whose a complaint is depends on the case; a lawyer of any role is granted it by the duty. Administrators name a
    # person where nobody is left.
    ("GET POST", r"/complaints/new|(?:/api/v1)?/complaints/\{number\}/reveals", {AGENT, LEAD}),
    ("POST", r"/api/v1/complaints", {AGENT, LEAD}),
    ("GET POST", r"(?:/api/v1)?/complaints(?:/\{number\}(?:/.*)?)?|/insights/complaints", COMPLAINED_TO),
    ("POST", rf"{_TICKET}/(?:archive|calls|classification|desk-answer)", IN_QUEUES),
    # A lawyer of any role has those of 涉法 complaints by the duty.
    ("GET POST", r"/insights/tables|/api/v1/exports/\{table\}\.(?:csv|xlsx)", {LEAD}),
    ("POST", rf"{_TICKET}/(?:notes|sealings|links(?:/removal)?)", IN_QUEUES),
    ("POST", rf"{_TICKET}/rating", IN_QUEUES),
    ("GET POST", r"(?:/api/v1)?/dissatisfactions(?:/.*)?", {LEAD}),
    ("POST", rf"{_TICKET}/collaborations", {ENGINEER, LEAD}),
    ("POST", rf"{_TICKET}/article", IN_QUEUES),
    ("POST", r"/knowledge/own-approval", {LEAD}),
    ("GET POST", r"/knowledge(?:/.*)?", IN_QUEUES),
    ("GET POST", r"/api/v1/articles(?:/.*)?", IN_QUEUES),
    ("GET POST", r"(?:/api/v1)?/collaborations(?:/.*)?", {ENGINEER, LEAD, PARTNER}),
    ("POST", rf"{_TICKET}/offers(?:/\{{offer\}}/withdrawal)?", {ENGINEER, LEAD}),
    ("POST", rf"{_TICKET}/offers/\{{offer\}}/(?:acceptance|refusal)", {ENGINEER}),
    ("GET", r"/desk/handover", {ENGINEER, LEAD}),
    ("GET POST", r"/desk/people/\{user_id\}", {LEAD}),
    ("POST", rf"{_TICKET}/(?:transfer|urgency|coordination|origin|replies|promises|postponement)", {ENGINEER, LEAD}),
    ("POST", rf"{_TICKET}/(?:assignment|release|information-request|resolution)", {ENGINEER}),
    ("POST", rf"{_TICKET}/(?:closure|reminders|merge|void|escalation)", {ENGINEER}),
    ("POST", rf"{_TICKET}/(?:reopening|separation)", {ENGINEER, LEAD}),
    ("POST", rf"{_TICKET}/(?:void/decision|escalation/decision|unsealings)", {LEAD}),
    ("POST", rf"{_TICKET}/reply-drafts/\{{draft\}}/decision", {LEAD}),
    ("POST", rf"{_TICKET}/reply-drafts(?:/\{{draft\}}/sending)?", {ENGINEER}),
    ("POST", rf"{_TICKET}/(?:query-code|sms-withdrawal|presence|unsent)", IN_QUEUES),
    ("POST", rf"{_TICKET}/pictures/\{{position\}}/reason", {ENGINEER}),
    ("POST", r"/api/v1/tickets/(?:search|bulk)", IN_QUEUES),
    ("POST", r"/queues/\{queue\}/transfers", {ENGINEER, LEAD}),
    ("POST", rf"{_TICKET}/alerts/\{{alert_id\}}/acknowledgement", IN_QUEUES),
    ("POST", rf"{_TICKET}/reveals", {ENGINEER}),
    ("GET POST", rf"{_TICKET}/break-glass(?:/\{{request_id\}}/reveals)?", {ENGINEER, LEAD}),
    ("GET", rf"{_TICKET}/screenshots/\{{screenshot_id\}}", {ENGINEER}),
    ("GET", rf"{_TICKET}/pictures/\{{position\}}", {ENGINEER}),
    ("GET", rf"{_TICKET}/previews/\{{screenshot_id\}}", IN_QUEUES),
    ("POST", rf"{_TICKET}/screenshots/\{{screenshot_id\}}/covers", {ENGINEER}),
    ("POST", rf"{_TICKET}/covers/\{{cover_id\}}/removal", {ENGINEER}),
    ("GET POST", rf"{_TICKET}/supplement-link", IN_QUEUES),
    ("GET POST", rf"{_TICKET}/supplement", IN_QUEUES),
    ("GET", rf"{_TICKET}|/api/v1/tickets", IN_QUEUES),
    ("GET POST", r"/queues/\{queue\}(?:/search)?", IN_QUEUES),
    ("GET POST", r"(?:/api/v1)?/call-backs(?:/.*)?", IN_QUEUES),
    ("GET POST", r"(?:/api/v1)?/campaigns(?:/.*)?", {LEAD}),
    # One's own sheet: of whoever has one. Everything else about scores is for leads.
    ("GET POST", r"/account/(?:score|quality)(?:/.*)?|/api/v1/scores/\{month\}/me(?:/.*)?", EVERYBODY),
    ("GET POST", r"(?:/api/v1)?/scores(?:/.*)?", {LEAD}),
    ("GET", r"/desk/today|/api/v1/today|/desk/day-end|/api/v1/day-end", IN_QUEUES),
    ("GET POST", r"(?:/api/v1)?/insights/(?:weekly|monthly|tickets|review-pack)(?:/.*)?", {LEAD}),
    ("GET", r"/desk/board|/api/v1/board", {LEAD}),
    ("GET POST", r"/desk/reports/.*", IN_QUEUES),
    ("GET POST", r"/known-issues/contacts/\{number\}", {ENGINEER}),
    ("GET", r"/known-issues/new", {LEAD}),
    ("GET", r"/known-issues(?:/\{issue_id\})?", IN_QUEUES),
    ("POST", r"/known-issues.*", {LEAD}),
    ("GET POST", r"/review/approvals(?:/\{request_id\})?", {LEAD}),
    ("GET POST", r"/review(?:/.*)?|/insights|/api/v1/audit(?:/search)?", {LEAD, AUDIT_ADMIN}),
    ("POST", r"(?:/api/v1)?/institutions/\{institution_id\}/contacts/\{contact_id\}/reveals", {AGENT, ENGINEER}),
    ("GET", r"/institutions/\{institution_id\}/contacts/new", IN_QUEUES),
    ("POST", r"/institutions/\{institution_id\}/contacts(?:/\{contact_id\}(?:/(?:verify|end))?)?", IN_QUEUES),
    ("GET", r"/institutions(?:/\{institution_id\}(?:/contacts/\{contact_id\})?)?", {*IN_QUEUES, ADMIN}),
    ("POST", r"/institutions/\{institution_id\}/verify", {*IN_QUEUES, ADMIN}),
    ("GET POST", r"/institutions/keepers", {LEAD}),
    ("GET POST", r"/root-causes(?:/.*)?", {LEAD}),
    ("GET POST", r"/institutions(?:/.*)?|/previous-systems(?:/.*)?", {LEAD, ADMIN}),
    ("GET", r"/phrases(?:/words)?|/api/v1/phrases", IN_QUEUES),
    ("POST", r"(?:/api/v1)?/hints", IN_QUEUES),
    ("GET POST", r"/phrases(?:/.*)?", {LEAD}),
    ("GET POST", r"/institutions(?:/.*)?|/previous-systems(?:/.*)?|/modules(?:/.*)?", {LEAD, ADMIN}),
    ("GET POST", r"/admin/time(?:/(?:imports(?:/\{import_id\})?|days|recalculation))?", {LEAD, ADMIN}),
    ("POST", r"/api/v1/calendar/imports.*", {LEAD, ADMIN}),
    ("GET", r"/api/v1/calendar/.*", {*IN_QUEUES, ADMIN}),
    ("GET", r"/insights/replies", {LEAD}),
    ("GET POST", r"/admin/time/policy|/api/v1/policies", {LEAD, ADMIN}),
    ("GET POST", r"/admin/time/rota(?:/\{shift_id\}/removal)?|/api/v1/duty-shifts", {LEAD, ADMIN}),
    ("GET POST", r"/api/v1/alerts(?:/\{alert_id\}/acknowledgement)?", IN_QUEUES),
    ("GET", r"/admin/system", {ADMIN, SYSTEM_ADMIN}),
    ("POST", r"/admin/system/clock", {ADMIN, SYSTEM_ADMIN}),
    ("GET POST", r"/admin/notifications(?:/.*)?|/api/v1/deliveries", {ADMIN, SYSTEM_ADMIN}),
    ("GET POST", r"/api/v1/notices(?:/.*)?", EVERYBODY),
    ("GET POST", r"/admin(?:/(?:people|departments)(?:/.*)?)?", KEEPERS_OF_PEOPLE),
)  # fmt: skip


def expected(method: str, path: str) -> set[str] | None:
    """The roles that may open this; None if nobody has decided it."""
    for methods, pattern, roles in RIGHTS:
        if method in methods.split() and re.fullmatch(pattern, path):
            return roles
    return None
