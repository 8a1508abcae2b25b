"""Who acts: passed explicitly to every service, never taken from a global."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The person or process behind a change, with what the trail records of the request (SECURITY D-7)."""

    name: str
    role: str
    user_id: uuid.UUID | None = None
    display_name: str = ""
    queues: tuple[str, ...] = ()
    address: str = ""
    session_id: str = ""
    request_id: str = ""
    department_id: uuid.UUID | None = None  # of a partner
    device: str = ""  # in words, for the list of one's own sessions; never in the trail

    @property
    def label(self) -> str:
        """The name on a timeline."""
        return self.display_name or self.name


def clinic(address: str = "", request_id: str = "", session_id: str = "") -> Actor:
    """A person at a clinic; clinics have no accounts (CONTRACT 4)."""
    return Actor("clinic", "clinic", display_name="机构", address=address, request_id=request_id, session_id=session_id)


SYSTEM = Actor("system", "system", display_name="系统")
