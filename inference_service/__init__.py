"""The worker: Pub/Sub pushes a scan, the worker reads it and stores its prediction."""
