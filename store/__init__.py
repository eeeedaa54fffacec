"""What is kept, and where: `open_store(url)` gives a ConversationStore. The only room that knows a database.

What keeps the words is imported when it is opened: no other database is needed for that, and where one is not installed
`python -m store` can say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from store.conversations import ConversationStore, StoreError
from store.keeping import Keeping
from store.people import People
from store.url import DEFAULT_URL, folder_of

__all__ = ["DEFAULT_URL", "keeping_of", "open_store", "people_in"]


def open_store(url: str | None = None) -> ConversationStore:
    """Open the store that a `STORE_URL` names (None: `DEFAULT_URL`), and make it where it is new.

    `tinydb:///folder` is relative to the working directory; `tinydb:////var/chats`, `tinydb:///C:/chats` and
    `tinydb:///~/chats` are not. Raises StoreError where the URL names nothing that can be
    opened, or a folder that holds other things.
    """
    from store.files.store import TinyDBFiles

    return TinyDBFiles(folder_of(url or DEFAULT_URL))


@contextmanager
def people_in(url: str | None = None) -> Iterator[People]:
    """Open the store that a `STORE_URL` names for the verbs over its owners, and make none where there is none.

    Raises as `open_store` does.
    """
    if not folder_of(url or DEFAULT_URL).is_dir():
        raise StoreError("There are no owners to list: the data folder is not there.")
    with closing(open_store(url)) as store:
        yield store.people


def keeping_of(url: str | None = None) -> Keeping:
    """Return what looks after the store that a `STORE_URL` names, and touch nothing; raises as `open_store` does.

    The store is opened where a verb writes to it: a look at a damaged one changes nothing.
    """
    from store.files.keeping import FolderKeeping
    from store.files.store import TinyDBFiles

    root = folder_of(url or DEFAULT_URL)
    return FolderKeeping(root, lambda: closing(TinyDBFiles(root)))
