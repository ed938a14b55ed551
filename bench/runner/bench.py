"""What every measure works with. A file of measures has MEASURES, a dict of functions that take a Bench and return
rows, and may have prepared(bench, names), a context manager entered before any of them runs."""
import pathlib
import statistics

from table import figure


class Bench:
    def __init__(self, options, names, work, loads, say):
        self.names = names  # of all the measures that will run
        self.binaries: pathlib.Path = options.binaries  # our programs
        self.peers = options.binaries.parents[1] / "bench/peers" if options.peers else None
        self.quick, self.use_peers = options.quick, options.peers
        self.growth_messages = options.growth_messages // (100 if options.quick else 1)
        self.most_rounds = 1 if options.quick else options.rounds
        self.work, self.loads, self.say = work, loads, say
        self.servers = []   # of the house; house.py makes them
        self.versions = []  # of what is measured, for the report
        self.absent = set()

    def rounds(self, usual):
        return min(usual, self.most_rounds or usual)

    def peer(self, program, *words):
        """The command that runs a peer's program; nothing (and the report says so) when it has not been built."""
        path = self.peers / program if self.peers else None
        if path is not None and path.exists():
            return [path, *words]
        if self.peers:
            self.absent.add(program)
        return None

    def in_turn(self, title, rounds, sides, one, unit=None):
        """Calls one(side) for each of `sides` (name → what `one` wants) in turn, round after round, so that what disturbs
        the machine disturbs all alike. Returns name → what `one` returned, round by round; a side that is nothing is left
        out. With a `unit` the results are figures of it, whose medians are said."""
        results = {name: [] for name, side in sides.items() if side is not None}
        self.say(f"  {title}")
        for _ in range(self.rounds(rounds)):
            for name, figures in results.items():
                figures.append(one(sides[name]))
        if unit:
            medians = (f"{name} {figure(statistics.median(figures))}" for name, figures in results.items())
            self.say(f"    {unit}: {'; '.join(medians)}")
        return results
