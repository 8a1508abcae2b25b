"""Members of staff with an address for mail."""

from sqlalchemy import update

from portal.accounts.models import User
from tests.factories.portals import Portal


def give_mail(portal: Portal, *names: str) -> None:
    with portal.runtime.database.transaction() as session:
        for name in names:
            mine = update(User).where(User.username == name)
            session.execute(mine.values(mail_address=f"{name}@staff.example"))
