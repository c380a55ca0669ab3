"""Data roots that are a folder, an object store or a web server."""
