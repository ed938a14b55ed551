"""Rows of the result: what was measured on both sides, and whether the goal was met."""
import dataclasses
import statistics


@dataclasses.dataclass
class Goal:
    """Wants `ratio` (ours through the peer's) or, where `of_ours`, our figure itself to be at least / at most `bound`."""
    kind: str  # "at least" or "at most"
    bound: float
    of_ours: bool = False

    def text(self, unit):
        sign = "≥" if self.kind == "at least" else "≤"
        return f"{sign} {figure(self.bound)} {unit}" if self.of_ours else f"{sign} {self.bound:g} x"

    def met(self, ours, ratio):
        value = ours if self.of_ours else ratio
        if value is None:
            return None
        return value >= self.bound if self.kind == "at least" else value <= self.bound


@dataclasses.dataclass
class Row:
    measure: str
    unit: str
    ours: list  # one figure a round
    peer: list
    goal: Goal | None = None
    paired: bool = False  # the ratio is the median of the rounds' ratios, not the ratio of the medians
    fault: str = ""       # why the figures may not count, whatever they are

    def medians(self):
        return tuple(statistics.median(rounds) if rounds else None for rounds in (self.ours, self.peer))

    def ratio(self):
        ours, peer = self.medians()
        if ours is None or not peer:
            return None
        return statistics.median(a / b for a, b in zip(self.ours, self.peer)) if self.paired else ours / peer

    def verdict(self):
        if self.fault:
            return f"missed: {self.fault}"
        if self.goal is None:
            return ""
        met = self.goal.met(self.medians()[0], self.ratio())
        return {None: "no peer", True: "met", False: "MISSED"}[met]

    def cells(self):
        ours, peer = self.medians()
        ratio = self.ratio()
        return [f"{self.measure}, {self.unit}", figure(ours), figure(peer), "" if ratio is None else f"{ratio:.2f}",
                self.goal.text(self.unit) if self.goal else "", self.verdict()]

    def record(self):
        ours, peer = self.medians()
        return {"measure": self.measure, "unit": self.unit, "ours": ours, "peer": peer, "ratio": self.ratio(),
                "goal": self.goal.text(self.unit) if self.goal else None, "verdict": self.verdict(),
                "rounds": {"ours": self.ours, "peer": self.peer}}


def figure(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def render(rows):
    """A Markdown table whose columns are also aligned for the eye."""
    lines = [["measure", "ours", "peer", "ratio", "goal", "met or missed"]] + [row.cells() for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, ["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:4]] + ["-" * w for w in widths[4:]])
    cell = lambda i, text: text.rjust(widths[i]) if i in (1, 2, 3) else text.ljust(widths[i])
    return "\n".join("| " + " | ".join(cell(i, text) for i, text in enumerate(line)) + " |" for line in lines)
