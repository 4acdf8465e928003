"""The table that is printed and kept in docs/results.md."""

import re
import statistics

BEGIN, END = "<!-- bench/compare: begin -->", "<!-- bench/compare: end -->"
HEADER = ["case", "ours, ms", "PyTorch, ms", "times faster", "goal", "reached", "limit, ms", "share",
          "which PyTorch", "others, ms", "processor", "date"]


def summarize(case, ours, peers, limit, where_and_when, far_behind=()):
    """The row of a case from the times of its segments, in the order in which they alternated, beside the
    fastest of the peers; of those `far_behind` there is a trial alone. `limit` is what this machine could do
    at best, in milliseconds; `where_and_when` is its processor and the date."""
    fastest, *others = sorted(peers, key=lambda peer: statistics.median(peer.milliseconds))
    ratio = statistics.median(peer / our
                              for our, peer in zip(ours, fastest.milliseconds, strict=True))
    return [case.name, milliseconds(statistics.median(ours)),
            milliseconds(statistics.median(fastest.milliseconds)), f"{ratio:.2f}", f"{case.goal:g}",
            "yes" if ratio >= case.goal else "no", milliseconds(limit),
            f"{limit / statistics.median(ours):.2f}", name_of(fastest),
            "; ".join([f"{name_of(peer)}: {milliseconds(statistics.median(peer.milliseconds))}"
                       for peer in others] +
                      [f"{name_of(peer)}: {milliseconds(peer.trial)} in its trial"
                       for peer in far_behind]), *map(str, where_and_when)]


def name_of(peer):
    return " ".join(filter(None, (peer.version, peer.setting.replace("/", ", "))))


def milliseconds(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def markdown(rows, header=HEADER):
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rows_of(text):
    """The rows that a page holds between the markers, by case."""
    rows = {}
    for line in between(text).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(HEADER) and cells[0] != HEADER[0] and not cells[0].startswith("---"):
            rows[cells[0]] = cells
    return rows


def between(text):
    found = re.search(re.escape(BEGIN) + "(.*)" + re.escape(END), text, re.DOTALL)
    if found is None:
        raise ValueError(f"the page has no place for the table: {BEGIN} … {END}")
    return found.group(1)


def record(text, order, rows):
    """The page with these rows in place of older ones of the same cases."""
    kept = {**rows_of(text), **{row[0]: row for row in rows}}
    ordered = [kept[name] for name in order if name in kept]
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n{markdown(ordered)}{END}{after}"
