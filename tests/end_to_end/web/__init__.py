"""Tests of what runs beside the pages, with a real server, a browser, a proxy."""
