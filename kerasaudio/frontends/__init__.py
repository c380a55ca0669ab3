"""Front ends: what an example passes through before the architecture. One file a front end."""
