"""Everything that is stored after the work."""

from portal.follow_up import survey_holdings as surveys
from portal.follow_up.call_backs import holdings as call_backs
from portal.follow_up.campaigns import holdings as campaigns

HOLDINGS = (*surveys.HOLDINGS, *call_backs.HOLDINGS, *campaigns.HOLDINGS)
