"""Adapters to Google Cloud: the only part of `discai` that imports a cloud library."""
