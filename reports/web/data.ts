// What the page carries for the script; reports/page/data.h says how.

/** What one bin holds: [index, value] in the order written. */
export type Bin = [number, number][];

export interface Row {
  name: string;
  probe: string;
  note: string;
  gone: string;
  op: string;
  signal: boolean;
  slo: number | null;
  gauge: [name: string, unit: string];
  due: Bin[];
  ok: Bin[];
  fail: Bin[];
  unknown: Bin[];
  by: Bin[];
  read: Bin[];
}

export interface Dimension {
  label: string;
  from: number;
  to: number | null;
  until: number;
  value: string;
  budgetAt: number | null;
  budget: string;
  over: boolean;
  probe: string;
}

export interface Data {
  segments: [from: number, to: number, bin: number][];
  latency: [loMs: number, perOctave: number, count: number];
  reasons: string[];
  regions: string[];
  rows: Row[];
  look: [from: number, to: number];
  injected: boolean;
  when: string;
  undo: number | null;
  stop: number | null;
  phases: [id: string, name: string, from: number, to: number | null][];
  dimensions: Dimension[];
  ledger: {
    checked: boolean; lost: number[]; lostTotal: number; stale: number[]; staleTotal: number; worstStale: number | null;
  };
}

function readBin(text: string): Bin {
  const bin: Bin = [];
  if (text === "") return bin;
  let index = 0;
  for (const part of text.split(",")) {
    if (part !== "") {
      const colon = part.indexOf(":");
      if (colon >= 0) index = Number(part.slice(0, colon));
      bin.push([index, Number(part.slice(colon + 1))]);
    }
    ++index;
  }
  return bin;
}

function readBins(text: string): Bin[] {
  const bins: Bin[] = [];
  if (text === "") return bins;
  for (const part of text.split(";")) {
    const [bin, times] = part.split("*");
    const read = readBin(bin);
    for (let i = Number(times ?? 1); i > 0; --i) bins.push(read);
  }
  return bins;
}

const SERIES = ["due", "ok", "fail", "unknown", "by", "read"] as const;

export function readData(text: string): Data {
  const data = JSON.parse(text);
  for (const row of data.rows) {
    for (const series of SERIES) row[series] = readBins(row[series]);
  }
  return data;
}
