"""Contacts of institutions to start from."""

from portal.institutions.models import DirectoryEntry
from portal.keepers import contacts
from portal.keepers.contacts import ContactDetails
from portal.keepers.models import InstitutionContact
from portal.runtime import Runtime
from tests.factories.cast import actor

NAME, PHONE = "样例甲", "13900000017"


def add_contact(runtime: Runtime, entry: DirectoryEntry, by: str = "leo", **changes) -> InstitutionContact:
    """One, entered by a lead unless somebody else is named."""
    details = ContactDetails(**({"name": NAME, "phone": PHONE, "role": "公卫专干"} | changes))
    return runtime.database.run(lambda session: contacts.add(session, runtime, actor(runtime, by), entry.id, details))
