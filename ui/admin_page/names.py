"""What an owner is called among others: the kind, and so much of the id as tells them apart.

The name of somebody who signed in is known only while a page of theirs is open, since none is kept.
"""

from __future__ import annotations

from chat.owner import PERSONAL, is_account, is_visitor
from ui.web.upkeep import names_here

SHOWN = 10
"""Hexadecimal digits of a hash: two of a million owners share them once in a while, and the list stays readable."""


def name_of(owner_id: str) -> str:
    """Return what the Admin page calls this owner: `This machine`, `Visitor 2b6fa1c3d4`, `Account 09e1c0ffee (Ann)`."""
    if owner_id == PERSONAL.id:
        return "This machine"
    kind, _, digits = owner_id.partition("-")
    if is_visitor(owner_id) or is_account(owner_id):
        name = names_here().get(owner_id)
        return f"{kind.capitalize()} {digits[:SHOWN]}{'' if name is None else f' ({name})'}"
    return owner_id
