"""Where a drawn choice comes from."""

from collections.abc import Callable

# A uniform draw from 0 up to, not including, its argument: `secrets.randbelow`, or one derived from a seed.
Below = Callable[[int], int]
