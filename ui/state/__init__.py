"""Every key of `st.session_state` and every query parameter, typed, in one room. What matters lives in the store.

A module for each part of the app that remembers something: `state.chat.open_id()`, `state.history.selected()`.
"""

from ui.state import chat, history, local_models, naming, page, place, rows, share, sidebar, sign_in, visitor

__all__ = [
    "chat",
    "history",
    "local_models",
    "naming",
    "page",
    "place",
    "rows",
    "share",
    "sidebar",
    "sign_in",
    "visitor",
]
