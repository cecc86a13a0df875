"""A connector that breaks while it is imported."""

raise RuntimeError("anna@example.org said canary-key-52f1c09ab7")
