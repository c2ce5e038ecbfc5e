"""The commands of the operator, `python -m bot COMMAND`; each imports only what it needs."""
