"""Find, rename and remove publications, and show their status."""
