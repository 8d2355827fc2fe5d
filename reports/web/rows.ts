// The rows of requests: reports/page/hero_rows.cc.
import { drawAnswers } from "./answers";
import { Content, FAILED_LANE, Layout, REGION_GAP } from "./layout";
import { HeroRow, failing, latencyRange } from "./model";
import { DATA, FAIL, INK, MUTED, Paint, RULE, Svg, barsPath, cellPaths, coordinate } from "./svg";
import { fixed, showCount, showValue } from "./values";

const TINT_FROM = [0, 0.03, 0.07, 0.14, 0.27, 0.5];
const TINT_OPACITY = [0.12, 0.26, 0.42, 0.6, 0.8, 1];

function tintOf(share: number): number {
  if (share <= 0) return 0;
  let tint = TINT_FROM.length;
  while (tint > 1 && share < TINT_FROM[tint - 1]) --tint;
  return tint;
}

function failedText(row: HeroRow): string {
  const failed = row.failed + row.unknown;
  return failed > 0 ? showCount(failed) + " failed" : "none failed";
}

class RowDrawer {
  private readonly range: [number, number];

  constructor(private readonly content: Content, private readonly layout: Layout, private readonly svg: Svg) {
    this.range = latencyRange(content.data, content.rows);
  }

  draw(row: HeroRow, index: number, top: number): void {
    const { layout } = this;
    if (layout.narrow) this.nameAbove(row, top);
    else this.nameBeside(row, top);
    const lane = top + layout.labelHeight;
    this.failedLane(row, lane);
    const heat = lane + FAILED_LANE + (layout.narrow ? 6 : 10);
    this.latencyAxis(row, heat, index === 0);
    this.heatmap(row, index, heat);
    if (!layout.regions) return;
    const answers = heat + layout.heatHeight + REGION_GAP;
    this.tick(answers + 8, layout.narrow ? "by" : "answered by");
    drawAnswers(this.content, layout, this.content.rows, row, answers, this.svg);
  }

  private columnWidth(): number {
    return this.layout.wide(this.content.window.column);
  }

  private nameBeside(made: HeroRow, top: number): void {
    const { row } = made;
    this.svg.text(0, top + 12, INK, { size: 14, bold: true }, row.name);
    const side = this.svg.group({ class: "side" });
    let y = top + 12;
    const line = (text: string, fill: Paint): void => {
      if (text === "") return;
      y += y === top + 12 ? 17 : 15;
      side.text(0, y, fill, { size: 11.5 }, text);
    };
    line(row.probe, MUTED);
    line(row.note, MUTED);
    line(failedText(made), made.failed + made.unknown > 0 ? FAIL : MUTED);
    line(row.gone, FAIL);
  }

  private nameAbove(made: HeroRow, top: number): void {
    this.svg.label(0, top + 12, 13, made.row.name, made.row.probe);
    const fill = made.failed + made.unknown > 0 ? FAIL : MUTED;
    this.svg.group({ class: "side" }).text(this.layout.right, top + 12, fill, { size: 11, anchor: "end" }, failedText(made));
  }

  private failedLane(row: HeroRow, top: number): void {
    const { layout, svg } = this;
    const shares = row.columns.map(column => failing(column) > 0 ? Math.max(0.06, failing(column)) : 0);
    svg.line(`M${coordinate(layout.left)} ${coordinate(top + FAILED_LANE + 0.5)}H${coordinate(layout.right)}`, RULE);
    const bars = barsPath(shares);
    if (bars !== "") {
      svg.shape(bars, FAIL, 1, `translate(${coordinate(layout.left)} ${coordinate(top + FAILED_LANE)}) ` +
        `scale(${fixed(this.columnWidth(), 4)} -${FAILED_LANE})`);
    }
    this.tick(top + FAILED_LANE - 3, "failed");
  }

  private tick(y: number, text: string): void {
    const { narrow, left } = this.layout;
    this.svg.text(left - (narrow ? 4 : 6), y, MUTED, { size: narrow ? 8.5 : 10, anchor: "end" }, text);
  }

  private latencyAxis(row: HeroRow, top: number, first: boolean): void {
    const { layout, svg } = this;
    const [lo, perOctave] = this.content.data.latency;
    const y = (ms: number): number => top + layout.heatHeight *
      (1 - (perOctave * Math.log2(ms / lo) - this.range[0]) / (this.range[1] - this.range[0]));
    const across = (at: number): string => `M${coordinate(layout.left)} ${coordinate(at)}H${coordinate(layout.right)}`;
    let last = 1e9;
    for (const ms of [0.1, 1, 10, 100, 1000, 10000]) {
      const at = y(ms);
      if (at < top - 0.5 || at > top + layout.heatHeight + 0.5 || last - at < 11) continue;
      last = at;
      svg.line(across(at), RULE);
      this.tick(at + 3.5, showValue(ms, "ms"));
    }
    const { slo } = row.row;
    if (slo === null) return;
    const at = y(slo);
    if (at < top || at > top + layout.heatHeight) return;
    svg.line(across(at), MUTED, 1, 1, "2 3");
    if (!first || layout.narrow) return;
    svg.text(layout.right, at - 4, MUTED, { size: 10, anchor: "end", halo: true }, "limit " + showValue(slo, "ms"));
  }

  private heatmap(row: HeroRow, index: number, top: number): void {
    const { layout } = this;
    const [first, end] = this.range;
    const transform = `translate(${coordinate(layout.left)} ${coordinate(top + layout.heatHeight)}) ` +
      `scale(${fixed(this.columnWidth(), 4)} -${fixed(layout.heatHeight / (end - first), 4)})`;
    const id = `${this.content.id}-heat-${index}`;
    if (layout.narrow) {
      this.svg.add("use", { href: "#" + id, transform });
      return;
    }
    const heat = this.svg.group({ transform }).group({ id });
    const tints = row.columns.map(column => {
      const tint = new Uint8Array(end - first);
      column.answers.forEach((count, bin) => {
        if (bin >= first && bin < end) tint[bin - first] = tintOf(count / Math.max(1e-9, column.due));
      });
      return tint;
    });
    cellPaths(tints.length, end - first, TINT_OPACITY.length, (column, bin) => tints[column][bin]).forEach((path, tint) => {
      if (path !== "") heat.line(path, DATA, 1, TINT_OPACITY[tint]);
    });
  }
}

export function drawRows(content: Content, layout: Layout, svg: Svg): void {
  const drawer = new RowDrawer(content, layout, svg);
  content.rows.forEach((row, i) => drawer.draw(row, i, layout.rowsTop + i * layout.rowHeight));
}
