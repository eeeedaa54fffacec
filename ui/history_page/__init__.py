"""The History page: the query, its rows, what is selected, the preview, and the import."""
