"""Pictures and files that show a reading; imports records, scans and what they import."""
