"""Data held about people at institutions; their names and phones are sealed values."""

from portal.holdings import Expiry, Held, Keep
from portal.keepers import contacts
from portal.keepers.models import InstitutionContact

HOLDINGS = (
    Held(
        InstitutionContact,
        what="机构的联系人：身份、方便的时间；姓名和电话在密封值里。「不再联系」或机构停用 30 天后删除",
        about="机构人员",
        keep=Keep.SWEPT,
        plain=("role", "preferred_time"),
        expiry=Expiry(contacts.is_over, contacts.sweep),
    ),
)
