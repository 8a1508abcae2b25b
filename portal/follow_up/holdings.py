"""Everything that is stored after the work."""

from portal.follow_up import survey_holdings as surveys

HOLDINGS = (*surveys.HOLDINGS,)
