"""Names that are given once."""

from __future__ import annotations


class Names:
    """Unique names: the second `a` is `a.1`."""

    def __init__(self):
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        name, count = wanted, self._counts.get(wanted, 0)
        while name in self._taken:
            count += 1
            name = f"{wanted}.{count}"
        self._counts[wanted] = max(count - 1, 0)
        self._taken.add(name)
        return name

    def release(self, name: str) -> None:
        self._taken.discard(name)
        self._counts.clear()
