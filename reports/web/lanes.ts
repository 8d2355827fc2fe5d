// What stands below the rows of requests: reports/page/hero_lanes.cc.
import { drawAnswers } from "./answers";
import { Content, GAUGE_LANE, Layout, MARK_LANE, SIGNAL_LANE } from "./layout";
import { HeroRow } from "./model";
import { DATA, FAIL, INK, MUTED, Paint, RULE, Svg, coordinate, textWidth } from "./svg";
import { showCount, showSeconds, showValue } from "./values";

function laneName(layout: Layout, y: number, text: string, svg: Svg): void {
  svg.text(layout.left - (layout.narrow ? 4 : 6), y, MUTED, { size: layout.narrow ? 8.5 : 10, anchor: "end" }, text);
}

/** The words of a lane, right of the last mark, or left of the first where that would not fit. */
function caption(layout: Layout, marks: number[], y: number, fill: Paint, text: string, svg: Svg): void {
  const rightOf = marks.length === 0 ? layout.left : marks[marks.length - 1] + 9;
  const width = textWidth(text, 11);
  const fits = rightOf + width < layout.right + 20;
  const fitsBefore = marks.length > 0 && marks[0] - 9 - width > layout.left;
  const before = !fits && fitsBefore;
  const x = fits ? rightOf : before ? marks[0] - 9 : layout.right;
  svg.text(x, y, fill, { size: 11, anchor: fits ? "start" : "end", halo: true }, text);
}

function countWords(count: number, one: string, many: string): string {
  return showCount(count) + " " + (count === 1 ? one : many);
}

function drawSignals(content: Content, layout: Layout, svg: Svg): void {
  content.signals.forEach((made, i) => {
    const top = layout.signalsTop + i * SIGNAL_LANE;
    svg.group({ class: "side" })
      .label(0, top + 11, layout.narrow ? 11 : 14, made.row.probe, layout.narrow ? "" : made.row.name);
    drawAnswers(content, layout, content.signals, made, top + (layout.narrow ? 14 : 3), svg);
  });
}

/** A step line through the columns that have a value; a gap where the gauge could not be read. */
function gaugePath(made: HeroRow, layout: Layout, column: number, base: number, scale: number): string {
  let path = "";
  let last: string | null = null;
  made.columns.forEach(({ gauge }, i) => {
    if (gauge === null) {
      last = null;
      return;
    }
    const x = layout.left + i * column;
    const y = coordinate(base - gauge * scale);
    if (last === null) path += `M${coordinate(x)} ${y}`;
    else if (y !== last) path += `H${coordinate(x)}V${y}`;
    if ((made.columns[i + 1]?.gauge ?? null) === null) path += "H" + coordinate(x + column);
    last = y;
  });
  return path;
}

function drawGauge(content: Content, layout: Layout, made: HeroRow, top: number, svg: Svg): void {
  let most = 0, mostAt = 0;
  made.columns.forEach(({ gauge }, i) => {
    if ((gauge ?? 0) <= most) return;
    most = gauge ?? 0;
    mostAt = i;
  });
  const base = top + GAUGE_LANE - 8;
  const scale = most > 0 ? (GAUGE_LANE - 22) / most : 0;
  const { row } = made;
  if (layout.narrow) {
    svg.text(0, top + 8, INK, { size: 11, bold: true }, row.probe);
  } else {
    svg.text(0, top + 17, INK, { size: 14, bold: true }, row.probe);
    svg.group({ class: "side" }).text(0, top + 34, MUTED, { size: 11.5 }, row.name === row.probe ? "" : row.name);
    laneName(layout, base - 2, row.gauge[0], svg);
  }
  const column = layout.wide(content.window.column);
  svg.line(`M${coordinate(layout.left)} ${coordinate(base + 0.5)}H${coordinate(layout.right)}`, RULE);
  svg.line(gaugePath(made, layout, column, base, scale), DATA, 1.5);
  caption(layout, [layout.left - 9 + mostAt * column], base - most * scale - 4, MUTED,
    "at most " + showValue(most, row.gauge[1]), svg);
}

function places(layout: Layout, instants: number[]): number[] {
  return instants.filter(layout.shows).map(layout.x).sort((a, b) => a - b);
}

function drawLost({ data }: Content, layout: Layout, top: number, svg: Svg): void {
  laneName(layout, top + 11, layout.narrow ? "lost" : "lost writes", svg);
  const marks = places(layout, data.ledger.lost);
  const path = marks.map(x => `M${coordinate(x - 3.5)} ${coordinate(top + 4)}l7 7m0 -7l-7 7`).join("");
  if (path !== "") svg.line(path, FAIL, 1.6);
  const words = layout.narrow ? ["lost", "lost"] : ["acknowledged write lost", "acknowledged writes lost"];
  caption(layout, marks, top + 11, FAIL, countWords(data.ledger.lostTotal, words[0], words[1]), svg);
}

function drawUnknown(content: Content, layout: Layout, top: number, svg: Svg): void {
  laneName(layout, top + 11, layout.narrow ? "unknown" : "fate unknown", svg);
  const column = layout.wide(content.window.column);
  const unknown = content.rows.reduce((sum, row) => sum + row.unknown, 0);
  const marks: number[] = [];
  content.rows[0].columns.forEach((_, i) => {
    if (content.rows.some(row => row.columns[i].unknown > 0)) marks.push(layout.left + (i + 0.5) * column);
  });
  const path = marks.map(x => `M${coordinate(x - 2)} ${coordinate(top + 5.5)}l4 4m0 -4l-4 4`).join("");
  if (path !== "") svg.line(path, MUTED);
  const words = layout.narrow ? ["unknown", "unknown"] : ["request of unknown fate", "requests of unknown fate"];
  caption(layout, marks, top + 11, MUTED, countWords(unknown, words[0], words[1]), svg);
}

function drawStale({ data }: Content, layout: Layout, top: number, svg: Svg): void {
  laneName(layout, top + 11, layout.narrow ? "stale" : "stale reads", svg);
  const marks = places(layout, data.ledger.stale);
  const path = marks.map(x => `M${coordinate(x)} ${coordinate(top + 3.5)}v8`).join("");
  if (path !== "") svg.line(path, INK, 1, 0.65);
  const { staleTotal, worstStale } = data.ledger;
  const worst = worstStale !== null && !layout.narrow ? `, worst ${showSeconds(worstStale)} behind` : "";
  caption(layout, marks, top + 11, MUTED, countWords(staleTotal, "stale read", "stale reads") + worst, svg);
}

export function drawLanes(content: Content, layout: Layout, svg: Svg): void {
  drawSignals(content, layout, svg);
  content.gauges.forEach((row, i) => drawGauge(content, layout, row, layout.gaugesTop + i * GAUGE_LANE, svg));
  let top = layout.marksTop;
  for (const [there, draw] of [[layout.lost, drawLost], [layout.unknown, drawUnknown], [layout.stale, drawStale]] as const) {
    if (!there) continue;
    draw(content, layout, top, svg);
    top += MARK_LANE;
  }
}
