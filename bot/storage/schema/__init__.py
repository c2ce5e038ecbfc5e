"""Migrations, and the embedded server."""
