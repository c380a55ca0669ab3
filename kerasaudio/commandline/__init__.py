"""The command line: options, their values, and how a command is run."""
