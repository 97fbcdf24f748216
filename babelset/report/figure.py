"""Figures as inline SVG without text or style of their own: the page says both, in its own type and colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from babelset.report.section import Score, Sweep

WIDTH, HEIGHT = 480, 100
LEAST = 1.5  # height at which a single row can still be seen


def histogram(score: Score) -> Markup:
    """Bars of accepted rows with the rejected ones on top, and a line at each limit within the bins."""
    bins = score.bins
    tallest = max((each.accepted + each.rejected for each in bins), default=0)
    if not tallest:
        return Markup("")
    accepted = [_height(each.accepted, tallest) for each in bins]
    whole = [base + _height(each.rejected, tallest) for base, each in zip(accepted, bins, strict=True)]
    step = WIDTH / len(bins)
    shapes = [_bars("ok", step, [0.0] * len(bins), accepted), _bars("no", step, accepted, whole)]
    low, high = bins[0].low, bins[-1].high
    shapes += [_line((limit - low) / (high - low)) for limit in score.limits if low < limit < high]
    spoken = ", ".join(
        f"{number(each.low)} to {number(each.high)}: {each.accepted} accepted, {each.rejected} rejected"
        for each in bins
        if each.accepted or each.rejected
    )
    return _svg("histogram", f"Rows by score, {spoken}", shapes)


def sweep_line(sweep: Sweep) -> Markup:
    """How many rows are left at each cut: all of them as a line, those that pass everything else as a surface."""
    cuts = sweep.cuts
    most, last = max((cut.rows for cut in cuts), default=0), max(len(cuts) - 1, 1)
    if not most:
        return Markup("")

    def points(counts: Iterable[int]) -> str:
        return " ".join(
            f"{index * WIDTH / last:.0f},{HEIGHT * (1 - count / most):.1f}" for index, count in enumerate(counts)
        )

    surface = f"0,{HEIGHT} {points(cut.kept for cut in cuts)} {WIDTH},{HEIGHT}"
    line = points(cut.rows for cut in cuts)
    low, high = cuts[0].cut, cuts[-1].cut
    shapes = [
        Markup('<polygon class="ok" points="{}"/>').format(surface),
        Markup('<polyline class="line" points="{}"/>').format(line),
        *(_line((limit - low) / (high - low)) for limit in sweep.limits if low < limit < high),
    ]
    return _svg("cuts", "Rows kept at each cut; the table has the numbers", shapes)


def stack(parts: Sequence[tuple[str, str, int]]) -> Markup:
    """One bar divided into parts, each with its class, its name and how many rows it is."""
    total = sum(count for _, _, count in parts)
    if not total:
        return Markup("")
    shapes, at = [], 0.0
    for kind, _, count in parts:
        width = WIDTH * count / total
        shapes.append(_bar(kind, at, width))
        at += width
    return _svg("stack", ", ".join(f"{name}: {count}" for _, name, count in parts), shapes)


def number(value: float) -> str:
    """`number(0.5)` -> "0.5", `number(12345.6)` -> "12,300": as many digits as tell something."""
    if abs(value) >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def _height(count: int, tallest: int) -> float:
    return max(HEIGHT * 0.97 * count / tallest, LEAST) if count else 0.0


def _bars(kind: str, step: float, base: Sequence[float], top: Sequence[float]) -> Markup:
    paths = (
        f"M{index * step + 1:.1f} {HEIGHT - low:.1f}V{HEIGHT - high:.1f}h{step - 2:.1f}V{HEIGHT - low:.1f}z"
        for index, (low, high) in enumerate(zip(base, top, strict=True))
        if high > low
    )
    return Markup('<path class="{}" d="{}"/>').format(kind, "".join(paths))


def _bar(kind: str, at: float, width: float) -> Markup:
    return Markup('<rect class="{}" x="{:.1f}" y="0" width="{:.1f}" height="{}"/>').format(kind, at, width, HEIGHT)


def _line(share: float) -> Markup:
    x = f"{share * WIDTH:.1f}"
    return Markup('<line class="limit" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(x, HEIGHT)


def _svg(kind: str, label: str, shapes: Iterable[Markup]) -> Markup:
    start = Markup('<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">')
    return start.format(kind, WIDTH, HEIGHT, label) + Markup("").join(shapes) + Markup("</svg>")
