"""Tables, plots, the report page and the model card: measured figures as people read them.

May import `record` and the rooms below it.
"""
