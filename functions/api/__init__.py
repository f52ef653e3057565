"""The web app's api: uploads, a scan's artifacts, another try, and what administrators do."""
