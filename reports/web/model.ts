// What the picture shows: reports/page/hero_model.cc. Whatever is added here is added in the same order as there.
import { Bin, Data, Row } from "./data";

/** A span of the run on the time axis, in columns of equal width. */
export interface TimeWindow { from: number; to: number; column: number }

/** What happened in one row in one column. */
export interface Column {
  due: number;
  failed: number;
  unknown: number;
  answers: number[];
  reasons: Map<number, number>;
  by: Map<number, number>;
  gauge: number | null;
}

export interface HeroRow {
  row: Row;
  columns: Column[];
  due: number;
  failed: number;
  unknown: number;
  /** How many answered over the whole run. */
  regions: number;
}

const MOST_COLUMNS = 480;

export function columnCount(window: TimeWindow): number {
  return Math.max(1, Math.ceil((window.to - window.from) / window.column - 1e-6));
}

export function withColumns(data: Data, from: number, to: number): TimeWindow {
  let finest = 3600;
  for (const [begin, end, bin] of data.segments) {
    if (end > from && begin < to && bin > 0) finest = Math.min(finest, bin);
  }
  const bins = Math.max(1, (to - from) / finest);
  return { from, to, column: finest * Math.ceil(bins / MOST_COLUMNS) };
}

export function wholeRun(data: Data): TimeWindow {
  return withColumns(data, data.segments[0][0], data.segments[data.segments.length - 1][1]);
}

export function failing(column: Column): number {
  return column.due > 0 ? Math.min(1, (column.failed + column.unknown) / column.due) : 0;
}

function emptyColumn(): Column {
  return { due: 0, failed: 0, unknown: 0, answers: [], reasons: new Map(), by: new Map(), gauge: null };
}

function addTo(map: Map<number, number>, bin: Bin | undefined, share: number): void {
  for (const [index, count] of bin ?? []) map.set(index, (map.get(index) ?? 0) + count * share);
}

function addShare(row: Row, bin: number, share: number, to: Column): void {
  for (const [, due] of row.due[bin] ?? []) to.due += due * share;
  for (const [, count] of row.fail[bin] ?? []) to.failed += count * share;
  for (const [, count] of row.unknown[bin] ?? []) to.unknown += count * share;
  for (const [latency, count] of row.ok[bin] ?? []) to.answers[latency] = (to.answers[latency] ?? 0) + count * share;
  addTo(to.reasons, row.fail[bin], share);
  addTo(to.by, row.by[bin], share);
  for (const [, read] of row.read[bin] ?? []) to.gauge = Math.max(read, to.gauge ?? read);
}

/** Calls `use` for every bin of the series, in order of time. */
function eachBin(data: Data, use: (index: number, from: number, to: number) => void): void {
  let index = 0;
  for (const [begin, end, bin] of data.segments) {
    if (bin <= 0) continue;
    const count = Math.round((end - begin) / bin);
    for (let i = 0; i < count; ++i, ++index) use(index, begin + i * bin, begin + i * bin + bin);
  }
}

function makeRow(data: Data, row: Row, window: TimeWindow): HeroRow {
  const columns = Array.from({ length: columnCount(window) }, emptyColumn);
  const total = emptyColumn();
  eachBin(data, (index, from, to) => {
    addShare(row, index, 1, total);
    const first = Math.max(0, Math.floor((from - window.from) / window.column + 1e-6));
    const end = Math.min(columns.length, Math.ceil((to - window.from) / window.column - 1e-6));
    for (let column = first; column < end; ++column) {
      const begin = window.from + column * window.column;
      const overlap = Math.min(to, begin + window.column) - Math.max(from, begin);
      if (overlap > 0) addShare(row, index, overlap / (to - from), columns[column]);
    }
  });
  const regions = [...total.by].filter(([region, count]) => count > 0 && data.regions[region] !== "").length;
  return { row, columns, due: total.due, failed: total.failed, unknown: total.unknown, regions };
}

const hasGauge = (row: Row): boolean => row.read.some(bin => bin.length > 0);
const wasAsked = (row: Row): boolean => [...row.ok, ...row.fail].some(bin => bin.length > 0);

function rowsWhere(data: Data, window: TimeWindow, fits: (row: Row) => boolean): HeroRow[] {
  return data.rows.filter(fits).map(row => makeRow(data, row, window));
}

export function requestRows(data: Data, window: TimeWindow): HeroRow[] {
  return rowsWhere(data, window, row => !row.signal && (!hasGauge(row) || wasAsked(row))).filter(row => row.due > 0);
}

export function signalRows(data: Data, window: TimeWindow): HeroRow[] {
  return rowsWhere(data, window, row => row.signal && !hasGauge(row));
}

export function gaugeRows(data: Data, window: TimeWindow): HeroRow[] {
  return rowsWhere(data, window, hasGauge);
}

/** Splits off what lies beyond the worst six; both parts keep their order. */
export function worstFirst(rows: HeroRow[]): { worst: HeroRow[]; rest: HeroRow[] } {
  const share = (row: HeroRow): number => row.due > 0 ? (row.failed + row.unknown) / row.due : 0;
  const chosen = new Set([...rows].sort((a, b) => share(b) - share(a)).slice(0, 6));
  return { worst: rows.filter(row => chosen.has(row)), rest: rows.filter(row => !chosen.has(row)) };
}

/** The lower edge of a latency bin. */
export function binEdgeMs(data: Data, bin: number): number {
  return data.latency[0] * 2 ** (bin / Math.max(1, data.latency[1]));
}

/** Which bins the picture must show so that every answer is on it: first, one past the last. */
export function latencyRange(data: Data, rows: HeroRow[]): [number, number] {
  const count = Math.max(1, data.latency[2]);
  let first = count;
  let end = 0;
  for (const row of rows) {
    for (const column of row.columns) {
      column.answers.forEach((answers, bin) => {
        if (answers <= 0) return;
        first = Math.min(first, bin);
        end = Math.max(end, bin + 1);
      });
    }
  }
  if (end === 0) return [0, Math.min(count, 28)];
  first -= Math.min(first, 2);
  end = Math.min(count, end + 2);
  while (end - first < 16 && (first > 0 || end < count)) {
    if (first > 0) --first;
    if (end < count) ++end;
  }
  return [first, end];
}
