"""What an operator's tools ask a running process: whether it is well, and what it measures. Imported only with PORT."""
