"""What runs beside the pages in the `st.App` that `Home.py` is: middleware, routes, what is done at start and end."""
