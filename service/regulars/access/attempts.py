"""How often an address may be wrong: ten times in a quarter of an hour, then it waits.

The texts cannot be guessed, so this spares the machine and its log. Memory is bounded: of more
addresses than that, the ones that were wrong longest ago are forgotten.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address

from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND, Instant

MOST_WRONG = 10
WINDOW: Instant = 15 * 60 * SECOND
MOST_ADDRESSES = 10_000
_IPV6_PREFIX = 64


class Attempts:
    """Wrong keys and links by the address that sent them."""

    def __init__(self, clock: Clock, *, most_addresses: int = MOST_ADDRESSES) -> None:
        self._clock = clock
        self._most = most_addresses
        self._wrong: OrderedDict[str, deque[Instant]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._wrong)

    def seconds_to_wait(self, address: str) -> int:
        """Whole seconds until the address may be wrong again, 0 if it may now."""
        times = self._wrong.get(_whose(address))
        if times is None:
            return 0
        now = self._clock()
        recent = [time for time in times if now - WINDOW < time <= now]
        if len(recent) < MOST_WRONG:
            return 0
        return -(-(recent[0] + WINDOW - now) // SECOND)

    def note(self, address: str) -> None:
        """It was wrong once more."""
        whose = _whose(address)
        times = self._wrong.setdefault(whose, deque(maxlen=MOST_WRONG))
        times.append(self._clock())
        self._wrong.move_to_end(whose)
        if len(self._wrong) > self._most:
            self._wrong.popitem(last=False)


def _whose(address: str) -> str:
    """The address; of IPv6 the network of a household, which has plenty of addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> _IPV6_PREFIX << _IPV6_PREFIX))
    return str(found)
