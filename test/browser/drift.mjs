// The hero is drawn twice, by C++ into the file and by the script from the data. Both must give the same elements.

/** Runs in the page: the first few differences between two trees of elements. */
function differences([html, writtenAt, drawnAt, prefix]) {
  const file = new DOMParser().parseFromString(html, "text/html");
  const found = [];
  const say = (where, a, b) => found.push(`${where}: ${String(a).slice(0, 120)} | ${String(b).slice(0, 120)}`);
  const name = value => value === null || prefix === "" ? value : value.replaceAll(prefix + "-", "hero-");
  const walk = (a, b) => {
    if (found.length > 3) return;
    if (a.nodeName !== b.nodeName) return say("element", a.nodeName, b.nodeName);
    if (a.nodeType === Node.TEXT_NODE) return a.data === b.data ? undefined : say("text", a.data, b.data);
    for (const each of new Set([...a.getAttributeNames(), ...b.getAttributeNames()])) {
      if (name(a.getAttribute(each)) !== b.getAttribute(each)) {
        say(`${a.nodeName} ${each}`, a.getAttribute(each), b.getAttribute(each));
      }
    }
    if (a.childNodes.length !== b.childNodes.length) return say(a.nodeName, a.outerHTML, b.outerHTML);
    a.childNodes.forEach((child, i) => walk(child, b.childNodes[i]));
  };
  const drawn = document.querySelector(drawnAt);
  const written = file.querySelector(writtenAt);
  if (!written) return ["nothing at " + writtenAt];
  if (written.children.length !== 2 || drawn.children.length !== 2) return ["not two pictures"];
  for (const i of [0, 1]) walk(written.children[i], drawn.children[i]);
  return found;
}

const MAIN = ".hero-s > .chart";

/** Between the picture in the file at `writtenAt`, with ids that begin with `prefix`, and the one drawn now. */
export const drift = (page, html, writtenAt = MAIN, drawnAt = MAIN, prefix = "") =>
  page.evaluate(differences, [html, writtenAt, drawnAt, prefix]);

/** The same as was written, drawn by the script; tells whether it is really new. */
export async function redraw(page) {
  await page.evaluate(selector => { document.querySelector(selector + " > svg").dataset.old = "yes"; }, MAIN);
  await page.focus(MAIN + " >> nth=0");
  await page.keyboard.press("+");
  await page.keyboard.press("Escape");
  return page.evaluate(() => !document.querySelector("[data-old]"));
}
