"""The pool, the control connection, and what becomes of both while the database is away."""
