"""Commands that a person runs, such as `run_pipeline` and `bootstrap`.

May import every other room of `pipeline`.
"""
