"""Merging two institutions with their tickets, contacts and keeper."""

import uuid

from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.institutions import directory
from portal.institutions.models import DirectoryEntry
from portal.keepers import contacts
from portal.tickets import institution_links


def merge(session: Session, actor: Actor, kept_id: uuid.UUID, other_id: uuid.UUID) -> DirectoryEntry:
    """The kept one keeps its keeper; without one it takes the other's. Raises as `directory.merge`."""
    other_keeper = directory.find(session, other_id).keeper_id
    other_word = directory.find(session, other_id).keeper
    kept = institution_links.merge(session, actor, kept_id, other_id)
    contacts.move(session, other_id, kept_id)
    if kept.keeper_id is None and not kept.keeper:
        kept.keeper_id, kept.keeper = other_keeper, other_word
    return kept
