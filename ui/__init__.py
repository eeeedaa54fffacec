"""Streamlit pieces that pages share.

Every page imports them first, so a library that is missing is said here, before what needs it is imported.
"""

import streamlit as st

from chat.libraries import not_installed

if (sentence := not_installed()) is not None:
    st.error(sentence, icon=":material/error:")
    st.stop()
