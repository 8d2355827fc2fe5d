// One picture on the page, wide and narrow, and the cursor in it.
import { drawHero } from "./hero";
import { Content, GAUGE_LANE, Layout, SIGNAL_LANE, layOut } from "./layout";
import { Column, HeroRow } from "./model";
import { readGauge, readRequests, readSignal } from "./reading";
import { FAIL, INK, MUTED, Svg, coordinate, textWidth } from "./svg";
import { showMark } from "./values";

interface Drawn { svg: Svg; layout: Layout }

export class Picture {
  private drawn: Drawn[] = [];

  /** Takes over what the page already shows. */
  constructor(readonly chart: Element, public content: Content) {
    for (const narrow of [false, true]) {
      const svg = chart.querySelector(narrow ? "svg.narrow" : "svg.wide");
      if (svg) this.drawn.push({ svg: new Svg(svg), layout: layOut(content, narrow) });
    }
  }

  show(content: Content): void {
    this.content = content;
    this.chart.replaceChildren();
    this.drawn = [false, true].map(narrow => drawHero(content, narrow, this.chart));
  }

  /** The instant on the axis under a point of the screen; nothing outside of the columns. */
  instantAt(clientX: number): number | null {
    for (const { svg, layout } of this.drawn) {
      const box = svg.root.getBoundingClientRect();
      if (box.width === 0) continue;
      const x = (clientX - box.left) * layout.width / box.width;
      if (x < layout.left || x > layout.right) return null;
      const share = Math.min((x - layout.left) / (layout.right - layout.left), 0.9999);
      return layout.from + share * (layout.to - layout.from);
    }
    return null;
  }

  columnAt(instant: number): number {
    return Math.floor((instant - this.content.window.from) / this.content.window.column + 1e-6);
  }

  /** Draws the cursor over the column of an instant and writes its numbers beside each row; nothing takes it away. */
  point(instant: number | null): void {
    for (const { svg, layout } of this.drawn) {
      svg.root.querySelector(".cursor")?.remove();
      svg.root.classList.toggle("reading", instant !== null);
      if (instant !== null) this.drawCursor(svg.group({ class: "cursor" }), layout, this.columnAt(instant));
    }
  }

  /** What the numbers say, in one sentence a row. */
  sentences(instant: number): string[] {
    const { data, rows, signals, gauges } = this.content;
    const at = (row: HeroRow): Column => row.columns[this.columnAt(instant)];
    return [
      ...rows.map(row => {
        const read = readRequests(data, at(row));
        const words = read ? [read.failed, read.p50, read.p99, read.reason].filter(word => word !== "") : ["nothing due"];
        return `${row.row.name}, ${row.row.probe}: ${words.join(", ")}.`;
      }),
      ...signals.map(row => `${row.row.probe} at ${row.row.name}: ${readSignal(data, row, at(row))}.`),
      ...gauges.map(row => `${row.row.probe} at ${row.row.name}: ${readGauge(row, at(row))}.`),
    ];
  }

  private drawCursor(svg: Svg, layout: Layout, column: number): void {
    const { window, rows, signals, gauges } = this.content;
    const from = window.from + column * window.column;
    const x = layout.x(from + window.column / 2);
    svg.line(`M${coordinate(x)} ${coordinate(layout.top)}V${coordinate(layout.bottom + 4)}`, INK);
    rows.forEach((row, i) => {
      const top = layout.rowsTop + i * layout.rowHeight;
      if (layout.narrow) this.readAbove(svg, layout, row.columns[column], showMark(from), top);
      else this.readBeside(svg, row, row.columns[column], showMark(from), top);
    });
    signals.forEach((row, i) => {
      const read = readSignal(this.content.data, row, row.columns[column]);
      svg.label(0, layout.signalsTop + i * SIGNAL_LANE + 11, layout.narrow ? 11 : 14, row.row.probe, read);
    });
    gauges.forEach((row, i) => {
      const top = layout.gaugesTop + i * GAUGE_LANE;
      const read = readGauge(row, row.columns[column]);
      if (layout.narrow) svg.text(textWidth(row.row.probe, 12) + 6, top + 8, INK, { size: 11, halo: true }, read);
      else svg.text(0, top + 34, INK, { size: 11.5 }, read);
    });
  }

  private readBeside(svg: Svg, row: HeroRow, column: Column, when: string, top: number): void {
    const read = readRequests(this.content.data, column);
    svg.text(0, top + 29, MUTED, { size: 11.5 }, `${row.row.probe} at ${when}`);
    if (!read) {
      svg.text(0, top + 44, MUTED, { size: 11.5 }, "nothing due");
      return;
    }
    svg.text(0, top + 44, read.hit ? FAIL : INK, { size: 11.5 }, read.failed);
    svg.text(0, top + 59, INK, { size: 11.5 }, read.p50);
    svg.text(0, top + 74, INK, { size: 11.5 }, read.p99);
    svg.text(0, top + 89, MUTED, { size: 10 }, read.reason);
  }

  private readAbove(svg: Svg, layout: Layout, column: Column, when: string, top: number): void {
    const read = readRequests(this.content.data, column);
    const text = when + ": " + (!read ? "nothing due" : read.hit ? read.failed : read.p99);
    svg.text(layout.right, top + 12, read?.hit ? FAIL : INK, { size: 11, anchor: "end" }, text);
  }
}
