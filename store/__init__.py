"""What is kept, and where: `open_store(url)` gives a ConversationStore. The only room that knows a database.

What keeps the words is imported when it is opened: no other database is needed for that, and where one is not installed
`python -m store` can say so.
"""

from __future__ import annotations

from contextlib import closing

from store.conversations import ConversationStore
from store.keeping import Keeping
from store.url import DEFAULT_URL, folder_of

__all__ = ["DEFAULT_URL", "keeping_of", "open_store"]


def open_store(url: str | None = None) -> ConversationStore:
    """Open the store that a `STORE_URL` names (None: `DEFAULT_URL`), and make it where it is new.

    `tinydb:///folder` is relative to the working directory; `tinydb:////var/chats`, `tinydb:///C:/chats` and
    `tinydb:///~/chats` are not. Raises StoreError where the URL names nothing that can be
    opened, or a folder that holds other things.
    """
    from store.files.store import TinyDBFiles

    return TinyDBFiles(folder_of(url or DEFAULT_URL))


def keeping_of(url: str | None = None) -> Keeping:
    """Return what looks after the store that a `STORE_URL` names, and touch nothing; raises as `open_store` does.

    The store is opened where a verb writes to it: a look at a damaged one changes nothing.
    """
    from store.files.keeping import FolderKeeping
    from store.files.store import TinyDBFiles

    root = folder_of(url or DEFAULT_URL)
    return FolderKeeping(root, lambda: closing(TinyDBFiles(root)))
