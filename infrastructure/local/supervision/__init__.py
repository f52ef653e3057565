"""Processes of one cloud: started, kept alive, given ports and memory, ended.

Imports `infrastructure.local.errors` and libraries.
"""
