"""What a browser is told where nothing else catches an error: a sentence, never what the error says or where it was.

The pages have a guard of their own (`ui/guard.py`). This is for what happens outside it: a file of the app that cannot
be read or is half written, the code around the guard, what no page has caught.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.elements import exception as drawn_errors
from streamlit.elements.lib.layout_utils import WidthWithoutContent
from streamlit.proto.Exception_pb2 import Exception as DrawnError

from ui.guard import UNDRAWN


def say_it_failed(_error: Exception) -> bool:
    """Draw the sentence in the place of what failed; for `st.App`, which has written the error to the log by then.

    Returns True: Streamlit is to draw nothing of its own.
    """
    st.error(UNDRAWN, icon=":material/error:")
    return True


@contextmanager
def no_details() -> Iterator[None]:
    """Have whatever error Streamlit draws by itself say that sentence, for as long as the app runs.

    `client.showErrorDetails` is not enough: hosts set it to another value, and a script that cannot be compiled is
    shown with its path whatever it is set to.
    """
    marshall = drawn_errors.marshall
    drawn_errors.marshall = _draw_sentence
    try:
        yield
    finally:
        drawn_errors.marshall = marshall


def _draw_sentence(
    exception_proto: DrawnError,
    exception: BaseException,
    width: WidthWithoutContent = "stretch",
    apply_show_error_details: bool = False,
) -> None:
    exception_proto.Clear()
    exception_proto.message = UNDRAWN
    exception_proto.width_config.use_stretch = True
