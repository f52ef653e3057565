"""Adapters between the domain and Google Cloud: the only place that imports its libraries."""
