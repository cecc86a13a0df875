"""What the owner did, as journal entries."""
