"""The ticked cells of a table of events and ways: each event has a field, so that no field has too many values."""

from portal.notify.events import Event
from portal.web.csrf import Form


def ticked(form: Form) -> set[tuple[str, str]]:
    """Event and way of each tick."""
    return {(event.value, way) for event in Event for way in form.all(event.value)}
