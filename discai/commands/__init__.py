"""Commands that a person runs, such as `discai predict`.

May import every other room of `discai`, and Google's libraries.
"""
