"""Acts of the owner, as journal entries."""
