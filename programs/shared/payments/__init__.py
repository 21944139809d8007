"""What the functions have in common that take payments: each links to this folder as `payments`."""
