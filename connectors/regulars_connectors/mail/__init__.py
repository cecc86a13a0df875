"""From the bytes of a mail to a verdict: who wrote it, a person or a machine, in which own words.

Mail comes from strangers. It is read in a process of its own (``worker``), within limits
(``limits``), by scanners that never go back in what they read. Nothing here opens a connection, a
file or a store.
"""
