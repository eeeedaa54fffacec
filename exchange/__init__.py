"""What brings the store and the formats together: imports, exports of many, and their command line. No page is here."""
