"""Publications: find one, change one, show the status of each."""
