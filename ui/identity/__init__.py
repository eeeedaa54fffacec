"""Who the browser of a run is, and how that is changed: sign in, leave this browser, move to another one."""
