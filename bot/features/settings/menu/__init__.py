"""The menu: opening it, going through it, and setting values in it."""
