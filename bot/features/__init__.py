"""What people see: one module is one feature, with its router, its decisions and its handlers."""
