"""Publications: find one, change one, how each stands."""
