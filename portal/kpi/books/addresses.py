"""Where the page of a report stands."""

from urllib.parse import urlencode

from portal.kpi.figures.periods import Grain, Period

_FOLDERS = {Grain.WEEK: "weekly", Grain.MONTH: "monthly"}


def address_of(period: Period, queue: str) -> str:
    """Below the portal's own address; an empty queue means all together."""
    place = f"/insights/{_FOLDERS[period.grain]}/{period.name}"
    return f"{place}?{urlencode({'queue': queue})}" if queue else place
