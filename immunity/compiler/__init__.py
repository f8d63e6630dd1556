"""From records of a rule book to flat tables, in small named passes.

Nothing is imported here: the engine and worker processes read ``tables`` and ``case`` alone, and start faster without
the rest.
"""
