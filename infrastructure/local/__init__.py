"""The DiscAI cloud on one machine: emulators, stand-ins and the launcher."""
