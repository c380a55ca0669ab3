"""Front ends: what an example passes through before the architecture, one file for each."""
