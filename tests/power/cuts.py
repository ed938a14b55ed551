"""What is left of a disk after a power cut: made from its log, for any moment of it.

A flush makes the writes before it stable. Of those since the last flush each may be there, or not, or in part, in
units of a sector, whatever their order: they were in the disk's cache.
"""
import bisect
import os

from disk import ENTRY, copy_sparse

WHOLE = 4096  # the superblock's block is never torn: a mount does not look for another one


class Recording:
    """The log of a Disk that has ended, whose sectors have `sector` octets. Images are made in the order of their cuts:
    `position` must not go back."""

    def __init__(self, folder, sector):
        self.sector = sector
        self.log = open(folder / "log", "rb")
        self.entries = []  # (offset on the disk, length, place in the log)
        while header := self.log.read(ENTRY.size):
            offset, length = ENTRY.unpack(header)
            self.entries.append((offset, length, self.log.tell()))
            self.log.seek(length, os.SEEK_CUR)
        self.flushes = [i for i, (_, length, _) in enumerate(self.entries) if length == 0]
        self.stable = folder / "stable"
        copy_sparse(folder / "base", self.stable)
        self.applied = 0

    def last_flush(self, position):
        """How many entries are stable when the power goes at `position`."""
        before = bisect.bisect_left(self.flushes, position)
        return self.flushes[before - 1] if before else 0

    def moment(self, begin, end, chance):
        """A position just before a flush, or `end`; the more writes are in the cache there, the likelier."""
        bounds = [begin, *(each for each in self.flushes if begin < each < end), end]
        return chance.choices(bounds[1:], [b - a for a, b in zip(bounds, bounds[1:])])[0]

    def leave(self, image, stable, position, chance):
        """Writes to `image` what the disk holds whose first `stable` entries are stable, and the rest, up to
        `position`, in its cache. Returns how many writes were there as a whole, in part, and not at all."""
        assert self.applied <= stable <= position
        with open(self.stable, "r+b") as disk:
            for i in range(self.applied, stable):
                self.write(disk, i, 0, self.entries[i][1])
        self.applied = stable
        copy_sparse(self.stable, image)
        likely, torn = chance.choice((0, 0.5, 0.9, 1)), chance.choice((0, 0.2))
        fates = {"kept": 0, "torn": 0, "lost": 0}
        with open(image, "r+b") as disk:
            for i in range(stable, position):
                offset, length, _ = self.entries[i]
                inner = range(self.sector - offset % self.sector, length, self.sector)
                borders = [0, *(each for each in inner if offset + each >= WHOLE), length]
                if len(borders) > 2 and chance.random() < torn:
                    fate = "torn"
                    ends = sorted(chance.sample(borders, 2))
                    kept = [ends] if chance.random() < 0.5 else [(0, ends[0]), (ends[1], length)]
                else:
                    fate = "kept" if chance.random() < likely else "lost"
                    kept = [(0, length)] if fate == "kept" else []
                fates[fate] += length > 0
                for begin, end in kept:
                    self.write(disk, i, begin, end)
        return fates

    def write(self, disk, entry, begin, end):
        """Puts octets `begin` to `end` of a logged write where they belong."""
        offset, _, place = self.entries[entry]
        self.log.seek(place + begin)
        disk.seek(offset + begin)
        disk.write(self.log.read(end - begin))
