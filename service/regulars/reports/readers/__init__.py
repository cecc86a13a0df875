"""Who keeps reading: histories gathered, the model fitted, each person judged by it."""
