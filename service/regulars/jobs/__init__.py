"""When each connection syncs by itself, and the thread that starts it.

``schedule`` has the times of a rule, ``table`` what is due and why, ``facts`` what both are worked
out from, ``planner`` brings them together, and ``loop`` runs them in the server.
"""
