"""Rows of a result: what was measured of us and of the peers, and whether the goals were met."""
import dataclasses
import statistics

EVERY = "every peer"
OURS = "ours"


@dataclasses.dataclass
class Goal:
    """Wants our figure through a peer's to be at least / at most `bound`: of the peer named, of EVERY peer measured that
    no other goal of the row names, or (OURS) our figure itself."""
    kind: str  # "at least" or "at most"
    bound: float
    of: str = EVERY

    def text(self, unit):
        sign = "≥" if self.kind == "at least" else "≤"
        what = unit if self.of == OURS else "x" if self.of == EVERY else f"x {self.of}"
        return f"{sign} {figure(self.bound) if self.of == OURS else format(self.bound, 'g')} {what}"

    def met(self, value):
        return value >= self.bound if self.kind == "at least" else value <= self.bound


def at_least(bound, of=EVERY):
    return Goal("at least", bound, of)


def at_most(bound, of=EVERY):
    return Goal("at most", bound, of)


@dataclasses.dataclass
class Row:
    measure: str
    unit: str
    ours: list                                  # one figure a round
    peers: dict = dataclasses.field(default_factory=dict)  # name → one figure a round
    goals: tuple = ()
    paired: bool = False  # a ratio is the median of the rounds' ratios, not the ratio of the medians
    fault: str = ""       # why the figures may not count, whatever they are

    def median(self):
        return statistics.median(self.ours) if self.ours else None

    def ratio(self, peer):
        """Ours through the peer's; nothing where one of them was not measured."""
        theirs = self.peers.get(peer)
        if not self.ours or not theirs or not all(theirs):
            return None
        if self.paired:
            return statistics.median(a / b for a, b in zip(self.ours, theirs))
        return statistics.median(self.ours) / statistics.median(theirs)

    def _values(self, goal):
        """What the goal is about: (who, value) for each."""
        if goal.of == OURS:
            return [(OURS, self.median())]
        named = [other.of for other in self.goals]
        peers = [peer for peer in self.peers if peer not in named] if goal.of == EVERY else [goal.of]
        return [(peer, self.ratio(peer)) for peer in peers]

    def verdict(self):
        if self.fault:
            return f"MISSED: {self.fault}"
        known = [(goal, who, value) for goal in self.goals for who, value in self._values(goal) if value is not None]
        if not known:
            return "no peer" if self.goals else ""
        missed = [who if who == OURS else f"{who} {value:.2f}" for goal, who, value in known if not goal.met(value)]
        return f"MISSED: {', '.join(missed)}" if missed else "met"

    def cells(self, peers):
        theirs = [f"{figure(statistics.median(rounds))} ({figure_of_ratio(self.ratio(peer))})" if rounds else ""
                  for peer, rounds in ((peer, self.peers.get(peer)) for peer in peers)]
        return [f"{self.measure}, {self.unit}", figure(self.median()), *theirs,
                ", ".join(goal.text(self.unit) for goal in self.goals), self.verdict()]

    def record(self):
        return {"measure": self.measure, "unit": self.unit, "ours": self.median(),
                "ratios": {peer: self.ratio(peer) for peer in self.peers},
                "goals": [goal.text(self.unit) for goal in self.goals], "verdict": self.verdict(),
                "rounds": {"ours": self.ours, **self.peers}}


def figure(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def figure_of_ratio(value):
    return "-" if value is None else f"{value:.2f}"


def render(rows):
    """A Markdown table whose columns are also aligned for the eye; a peer's cell has the ratio, ours through theirs, in
    brackets."""
    peers = list(dict.fromkeys(peer for row in rows for peer, rounds in row.peers.items() if rounds))
    lines = [["measure", "ours", *peers, "goal", "met or missed"]] + [row.cells(peers) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    numbers = range(1, 2 + len(peers))
    lines.insert(1, ["-" * (width - 1) + ":" if i in numbers else "-" * width for i, width in enumerate(widths)])
    cell = lambda i, text: text.rjust(widths[i]) if i in numbers else text.ljust(widths[i])
    return "\n".join("| " + " | ".join(cell(i, text) for i, text in enumerate(line)) + " |" for line in lines)
