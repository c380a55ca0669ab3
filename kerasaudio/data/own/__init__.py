"""What a person's own recordings are: passages, groups, copies, and how they are cut."""
