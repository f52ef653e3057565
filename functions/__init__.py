"""The Cloud Functions: what happens on an upload, on a dead letter, and when the web app asks."""
