// Where things stand in the picture: HeroLayout of reports/page/hero.cc.
import { Data, Dimension } from "./data";
import { HeroRow, TimeWindow } from "./model";

export const FAILED_LANE = 20;
export const REGION_LANE = 10;
export const REGION_GAP = 9;
export const SIGNAL_LANE = 26;
export const GAUGE_LANE = 46;
export const MARK_LANE = 16;

/** What one picture shows. */
export interface Content {
  data: Data;
  id: string;
  window: TimeWindow;
  rows: HeroRow[];
  signals: HeroRow[];
  gauges: HeroRow[];
  dimensions: Dimension[];
}

export interface Layout {
  narrow: boolean;
  from: number;
  to: number;
  width: number;
  left: number;
  right: number;
  dimensionHeight: number;
  top: number;
  rowsTop: number;
  labelHeight: number;
  heatHeight: number;
  rowHeight: number;
  regions: boolean;
  signalsTop: number;
  gaugesTop: number;
  marksTop: number;
  bottom: number;
  height: number;
  lost: boolean;
  unknown: boolean;
  stale: boolean;
  /** Clamped to the picture. */
  x(seconds: number): number;
  shows(seconds: number): boolean;
  /** How wide so many seconds are. */
  wide(seconds: number): number;
}

/** The regions that answered anything in this row, as places in the data's list. */
export function regionsOf(data: Data, row: HeroRow): Set<number> {
  const found = new Set<number>();
  for (const column of row.columns) {
    for (const [region, count] of column.by) {
      if (count > 0 && data.regions[region] !== "") found.add(region);
    }
  }
  return found;
}

export function layOut(content: Content, narrow: boolean): Layout {
  const { data, rows } = content;
  const { from, to } = content.window;
  const left = narrow ? 40 : 150;
  const right = narrow ? 350 : 1070;
  const dimensionHeight = narrow ? 30 : 18;
  const top = content.dimensions.length * dimensionHeight + (content.dimensions.length === 0 ? 0 : 6);
  const rowsTop = top + 22;
  const labelHeight = narrow ? 20 : 0;
  const regions = rows.some(row => row.regions > 1);
  const many = rows.length > 3;
  const heatHeight = narrow ? 62 : many ? 58 : 76;
  const rowHeight = labelHeight + FAILED_LANE + (narrow ? 6 : 10) + heatHeight + (regions ? REGION_GAP + REGION_LANE + 2 : 0) +
    (narrow ? 16 : many ? 13 : 19);
  const signalsTop = rowsTop + rows.length * rowHeight;
  const gaugesTop = signalsTop + content.signals.length * SIGNAL_LANE;
  const marksTop = gaugesTop + content.gauges.length * GAUGE_LANE;
  const lost = data.ledger.lostTotal > 0;
  const unknown = rows.some(row => row.unknown > 0);
  const stale = data.ledger.staleTotal > 0;
  const bottom = marksTop + MARK_LANE * (Number(lost) + Number(unknown) + Number(stale)) + 2;
  const wide = (seconds: number): number => seconds * (right - left) / (to - from);
  return {
    narrow, from, to, width: narrow ? 358 : 1092, left, right, dimensionHeight, top, rowsTop, labelHeight, heatHeight,
    rowHeight, regions, signalsTop, gaugesTop, marksTop, bottom, height: bottom + 38, lost, unknown, stale, wide,
    x: seconds => left + wide(Math.min(Math.max(seconds, from), to) - from),
    shows: seconds => seconds >= from && seconds <= to,
  };
}
