"""Answers by push: what arrives is sent to the pages that follow it the moment it is there, beside Streamlit."""
