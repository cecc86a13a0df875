"""When the invented worlds of the tests begin: before this code was released."""

from regulars_connectors.instants import from_iso

EARLIEST_WORLD = from_iso("2020-01-01")
