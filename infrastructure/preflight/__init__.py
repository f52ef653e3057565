"""Search for everything that a project lacks for DiscAI, before anything is created."""
