"""Documents and files that the parts of DiscAI exchange, and the rules about them.

May import `anatomy` and `errors`.
"""
