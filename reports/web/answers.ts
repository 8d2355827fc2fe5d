// Who answered: reports/page/hero_answers.cc.
import { Data } from "./data";
import { Content, Layout, REGION_LANE, regionsOf } from "./layout";
import { Column, HeroRow } from "./model";
import { INK, MUTED, Svg, coordinate, runs, textWidth } from "./svg";
import { fixed } from "./values";

export function shareOf(data: Data, column: Column, region: number): number {
  let total = 0;
  data.regions.forEach((_, each) => total += column.by.get(each) ?? 0);
  return total > 0 ? (column.by.get(region) ?? 0) / total : 0;
}

const thousandths = (share: number): number => Math.round(share * 1000) / 1000;

function stackPath(shares: number[], below: number[]): string {
  return runs(shares.length, (a, b) => shares[a] === shares[b] && below[a] === below[b])
    .filter(([begin]) => shares[begin] > 0.0005)
    .map(([begin, end]) => `M${begin} ${thousandths(below[begin])}h${end - begin}v${thousandths(shares[begin])}` +
      `h-${end - begin}z`).join("");
}

/** The name stands where it answered nearly alone for longest, if it fits there. */
function writeName(name: string, shares: number[], layout: Layout, column: number, y: number, svg: Svg): void {
  let best = 0, bestLength = 0, length = 0;
  shares.forEach((share, i) => {
    length = share > 0.9 ? length + 1 : 0;
    if (length <= bestLength) return;
    bestLength = length;
    best = i + 1 - length;
  });
  const width = bestLength * column;
  if (width < textWidth(name, 9) + 6) return;
  svg.text(layout.left + best * column + width / 2, y, INK, { size: 9, anchor: "middle" }, name);
}

export function drawAnswers(content: Content, layout: Layout, rows: HeroRow[], row: HeroRow, top: number, svg: Svg): void {
  const { data } = content;
  const inOrder = (a: number, b: number): number => a - b;
  const all = [...new Set(rows.flatMap(each => [...regionsOf(data, each)]))].sort(inOrder);
  const own = [...regionsOf(data, row)].sort(inOrder);
  const column = layout.wide(content.window.column);
  const shares = own.map(region => row.columns.map(each => shareOf(data, each, region)));
  let below = row.columns.map(() => 0);
  own.forEach((region, i) => {
    const darkness = 0.16 + 0.5 * all.indexOf(region) / Math.max(1, all.length - 1);
    svg.shape(stackPath(shares[i], below), MUTED, darkness,
      `translate(${coordinate(layout.left)} ${coordinate(top)}) scale(${fixed(column, 4)} ${REGION_LANE})`);
    below = below.map((share, at) => share + shares[i][at]);
  });
  own.forEach((region, i) => writeName(data.regions[region], shares[i], layout, column, top + 8.2, svg));
}
