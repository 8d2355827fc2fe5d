// The numbers of one column, in words.
import { shareOf } from "./answers";
import { Data } from "./data";
import { regionsOf } from "./layout";
import { Column, HeroRow, binEdgeMs, failing } from "./model";
import { showCount, showPercent, showValue } from "./values";

/** A percentile of everything that was due: what failed is slower than every answer. */
function percentile(data: Data, column: Column, share: number): string {
  const answered = column.answers.reduce((sum, count) => sum + count, 0);
  const rank = share * (answered + column.failed + column.unknown) - 1e-9;
  if (rank > answered) return "failed";
  const last = data.latency[2] - 1;
  let before = 0;
  for (let bin = 0; bin < column.answers.length; ++bin) {
    before += column.answers[bin] ?? 0;
    if (before < rank) continue;
    return bin < last ? "≤ " + showValue(binEdgeMs(data, bin + 1), "ms") : "≥ " + showValue(binEdgeMs(data, bin), "ms");
  }
  return "failed";
}

/** The most frequent cause of failure, or "". */
function worstReason(data: Data, column: Column): string {
  const causes = [...column.reasons].map(([reason, count]): [string, number] => [data.reasons[reason], count]);
  if (column.unknown > 0) causes.push(["unknown", column.unknown]);
  causes.sort((a, b) => b[1] - a[1]);
  return causes.length === 0 ? "" : `${showCount(causes[0][1])} ${causes[0][0]}`;
}

export interface Reading {
  failed: string;
  hit: boolean;
  p50: string;
  p99: string;
  reason: string;
}

/** Nothing where nothing was due. */
export function readRequests(data: Data, column: Column): Reading | null {
  if (column.due <= 0) return null;
  return {
    failed: failing(column) > 0 ? showPercent(failing(column)) + " failed" : "none failed",
    hit: failing(column) > 0,
    p50: "p50 " + percentile(data, column, 0.5),
    p99: "p99 " + percentile(data, column, 0.99),
    reason: worstReason(data, column),
  };
}

/** "eu-west 78 %": who gave most of the answers; without a share who gave all. */
export function readSignal(data: Data, row: HeroRow, column: Column): string {
  let best = -1;
  for (const region of regionsOf(data, row)) {
    if (best < 0 || shareOf(data, column, region) > shareOf(data, column, best)) best = region;
  }
  const share = best < 0 ? 0 : shareOf(data, column, best);
  if (share <= 0) return "no answer";
  return data.regions[best] + (share < 0.9995 ? " " + showPercent(share) : "");
}

export function readGauge(row: HeroRow, column: Column): string {
  return column.gauge === null ? "not read" : showValue(column.gauge, row.row.gauge[1]);
}
