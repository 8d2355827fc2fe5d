"""Rows of ratios, ours to theirs, and the table of them."""
import statistics


class Row:
    """One comparison. `ours` and `theirs` hold a figure for each round; `theirs` may be one fixed figure for all.

    What cannot run here is stood for by the floor, raw_sender: `scale` is then peer / floor, both measured in one
    session elsewhere, and theirs is the floor's figure times that. `most` or `least` is the goal for the ratio."""

    def __init__(self, part, what, unit, ours, theirs, scale=1.0, most=None, least=None):
        self.part = part
        self.what = what
        self.unit = unit
        self.ours = [value for value in ours if value is not None]
        theirs = theirs if isinstance(theirs, list) else [theirs] * len(ours)
        self.theirs = [value * scale for value in theirs if value is not None]
        self.ratios = [mine / (other * scale) for mine, other in zip(ours, theirs) if mine is not None and other]
        self.most = most
        self.least = least

    def goal(self):
        if self.most is not None and self.least is not None:
            return f"{self.least:g} to {self.most:g}"
        if self.most is not None:
            return f"<= {self.most:g}"
        return f">= {self.least:g}" if self.least is not None else ""

    def met(self):
        if not self.goal():
            return ""
        if not self.ratios:
            return "not measured"
        ratio = statistics.median(self.ratios)
        good = (self.most is None or ratio <= self.most) and (self.least is None or ratio >= self.least)
        return "yes" if good else "**missed**"

    def cells(self):
        return [self.part, self.what, self.unit, figure(self.ours), figure(self.theirs), spread(self.ratios), self.goal(),
                self.met()]


def figure(values):
    return f"{statistics.median(values):.4g}" if values else "-"


def spread(ratios):
    if not ratios:
        return "-"
    middle = f"{statistics.median(ratios):.3g}"
    return middle if len(ratios) == 1 else f"{middle} ({min(ratios):.3g} to {max(ratios):.3g})"


HEAD = ["part", "what, ours / theirs", "unit", "ours", "theirs", "ratio", "goal", "met"]


def text_of(rows):
    """A Markdown table that can also be read as it is."""
    lines = [HEAD] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    padded = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    padded.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(padded)
