"""The files of an import as they come: which there are, what letters they are in, and the JSON values in them."""
