# SPDX-License-Identifier: MIT
"""Turns the raw results of tests/bench/run into Markdown: medians over the rounds, and two ratios.

The ratio of medians compares typical rounds; the median of the ratios within each round cancels
what the machine did meanwhile. When the two disagree, the machine was too busy to tell.
Usage: table.py cost|dead|slices RESULTS.jsonl
"""

import json
import statistics
import sys


def load(path):
    """{server: {column: [result of each round, None when it failed]}}, in order of appearance."""
    table, metrics = {}, {}
    with open(path, encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            rounds = table.setdefault(record["server"], {}).setdefault(record["column"], [])
            rounds.append(record["result"])
            metrics[record["column"]] = record["metric"]
    return table, metrics


def value(result, metric):
    return result["latency_us"][metric] if metric.startswith("p") else result[metric]


def median(rounds, metric):
    values = [value(result, metric) for result in rounds if result]
    return statistics.median(values) if values else None


def ratios(rounds, base, metric):
    """The ratio of the medians and the median of the ratios; None when nothing can be divided."""
    pairs = [(value(a, metric), value(b, metric)) for a, b in zip(rounds, base) if a and b]
    pairs = [(a, b) for a, b in pairs if b > 0]
    if not pairs:
        return None, None
    ours, theirs = zip(*pairs)
    return (statistics.median(ours) / statistics.median(theirs),
            statistics.median(a / b for a, b in pairs))


def shown(number, pattern="{:.2f}"):
    return "failed" if number is None else pattern.format(number)


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def heading(*cells):
    row(*cells)
    print("|---" * len(cells) + "|")


def cost_cell(rounds, metric):
    if metric == "rss_per_client":
        bytes_each = median(rounds, metric)
        return shown(bytes_each and bytes_each / 1024, "{:.2f} KiB")
    if median(rounds, metric) is None:
        return "failed"
    return f"{median(rounds, metric):.3f} (user {median(rounds, 'cpu_user_us'):.3f})"


def print_cost(table, metrics):
    floor = next(iter(table))
    print("Server CPU in µs per delivered message, medians:\n")
    heading("server", *metrics)
    for server, columns in table.items():
        row(server, *(cost_cell(columns[column], metrics[column]) for column in metrics))
    for server in list(table)[1:]:
        both = [ratios(table[server][c], table[floor][c], metrics[c]) for c in metrics]
        row(f"{server} / {floor}, of medians", *(shown(of_medians) for of_medians, _ in both))
        row(f"{server} / {floor}, median of rounds", *(shown(of_pairs) for _, of_pairs in both))

    print("\nMessages per read of a client (how well the server gathers), and p99 latency:\n")
    loaded = [column for column in metrics if metrics[column] == "cpu_us"]
    heading("server", *loaded)
    for server, columns in table.items():
        row(server, *(f"{shown(median(columns[c], 'messages_per_read'), '{:.1f}')}, "
                      f"{shown(median(columns[c], 'p99'), '{:.0f} µs')}" for c in loaded))


def print_dead(table, metrics):
    without, dead = metrics
    print("p99 latency of the living in µs, medians:\n")
    heading("server", without, dead, "ratio of medians", "median of ratios", "dead closed")
    for server, columns in table.items():
        of_medians, of_pairs = ratios(columns[dead], columns[without], "p99")
        row(server, shown(median(columns[without], "p99"), "{:.0f}"),
            shown(median(columns[dead], "p99"), "{:.0f}"), shown(of_medians), shown(of_pairs),
            shown(median(columns[dead], "dead_closed"), "{:.0f}"))


def print_slices(table, _):
    print("How long an answer takes in µs, medians of the rounds. Goal: the loaded p99 is at most "
          "twice the idle p99 and one slice.\n")
    heading("crowd", "asked for", "idle p50", "idle p99", "loaded p50", "loaded p99", "one slice",
            "at most", "deliveries/s")
    for columns in table.values():
        for column, rounds in columns.items():
            rounds = [result for result in rounds if result]
            for question in ("direct", "join") if rounds else ():
                middle = {f"{when} {p}": statistics.median(r[f"{when}_{question}"][p]
                                                           for r in rounds)
                          for when in ("idle", "loaded") for p in ("p50", "p99")}
                one_slice = statistics.median(r["slice_us"] for r in rounds)
                rate = statistics.median(r["deliveries_per_second"] for r in rounds)
                row(column, question, *(f"{each:.0f}" for each in middle.values()),
                    f"{one_slice:.0f}", f"{2 * middle['idle p99'] + one_slice:.0f}", f"{rate:,.0f}")
            if not rounds:
                row(column, "failed", *[""] * 7)


def main():
    mode, path = sys.argv[1:]
    {"cost": print_cost, "dead": print_dead, "slices": print_slices}[mode](*load(path))


if __name__ == "__main__":
    main()
