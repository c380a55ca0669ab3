"""Other processes and machines, by Ray: an executor of the standard library over its tasks."""
