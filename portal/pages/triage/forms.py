"""The posted forms of reveals, read into plain values."""

from portal.disclosure.reasons import chosen_reason
from portal.web.body import PostedForm


def reveal_key(form: PostedForm) -> str:
    """The requested value's key; empty, which names none, if it cannot be a key."""
    key = form.get("field")
    return key if key.isprintable() else ""


def reveal_reason(form: PostedForm) -> str:
    """The chosen reason with the text added to it; raises InvalidError (see `chosen_reason`)."""
    return chosen_reason(form.get("reason"), form.get("reason_text"))
