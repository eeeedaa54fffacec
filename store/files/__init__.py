"""The conversation store on plain files, one TinyDB file for each conversation."""
