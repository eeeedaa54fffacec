"""A model's text, and a person's, to what Streamlit draws as it was meant."""
