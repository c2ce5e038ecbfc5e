"""What goes past other libraries' ordinary ways, for speed."""
