// The cases; test/browser/run starts this.
import { execFileSync } from "node:child_process";
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { DARK, DESK, HERO, LIVE, PHONE, live, load, open, pages, press, shown, start, textOf, visit } from "./browser.mjs";
import { drift, redraw } from "./drift.mjs";
import { servedCases } from "./served.mjs";
import { siteCases } from "./site.mjs";

const LARGEST_BUNDLE = 30_000;
const LARGEST_PAGE = 400_000; // for a million requests
const MOST_BYTES = 60; // a vantage, probe and second
const JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'";

const cases = [];
const test = (name, run) => cases.push([name, run]);
const browser = await start();
const drawn = pages.filter(name => textOf(name).includes('id="page-data"'));
const hostile = pages.filter(name => name.startsWith("hostile-"));
const some = ["broken.html", "aborted.html", "failed-with-history.html"];
const source = load("axe-core").source;

const pressed = page => page.$$eval(".choices [aria-pressed=true]", buttons => buttons.map(each => each.textContent));
const choose = (page, name) => page.click(`.choices button:text-is("${name}")`);
const overflow = page => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function axe(page) {
  // The page's policy forbids what is put in; what a debugger evaluates it does not see.
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 160)}`);
}

/** Opens pages of all these names and expects nothing wrong with any. */
async function each(names, options, find) {
  for (const name of names) {
    await open(browser, name, options, async (page, complaints) => assert.deepEqual(await find(page, complaints, name), [], name));
  }
}

// ---- checks that cannot fail prove nothing

test("self-test: a complaint in the console is noticed", () => open(browser, "pass.html", DESK, async (page, complaints) => {
  assert.deepEqual(complaints, []);
  await page.evaluate(() => console.error("injected"));
  assert.deepEqual(complaints, ["injected"]);
}));
test("self-test: a style that the policy forbids is noticed", () => open(browser, "pass.html", DESK, async (page, complaints) => {
  await page.evaluate(() => document.body.setAttribute("style", "color: red"));
  assert.equal(complaints.length, 1);
}));
test("self-test: one changed number in one path is a drift", () => open(browser, "fail.html", DESK, async page => {
  await redraw(page);
  const html = textOf("fail.html").replace(/(id="hero-heat-0".*?h)1m/, "$12m");
  assert.notEqual(html, textOf("fail.html"));
  assert.equal((await drift(page, html)).length, 1);
}));
test("self-test: axe finds an image without a text", () => open(browser, "pass.html", DESK, async page => {
  await page.evaluate(() => document.querySelector("main").append(document.createElement("img")));
  assert.match((await axe(page)).join(), /image-alt/);
}));
test("self-test: a table that is too wide for a phone is noticed", () => open(browser, "pass.html", PHONE, async page => {
  await page.evaluate(() => document.querySelector("h1").append("w".repeat(200)));
  await page.addStyleTag({ content: "" }).catch(() => {});
  await page.evaluate(() => { document.querySelector("h1").style.whiteSpace = "nowrap"; });
  assert.ok(await overflow(page) > 0);
}));

// ---- the bundle and the file

test("the types of the script are sound", () => {
  const tsc = load.resolve("typescript/lib/tsc.js");
  execFileSync(process.execPath, [tsc, "-p", path.resolve("reports/web")], { stdio: "pipe" });
});
test(`the bundle has at most ${LARGEST_BUNDLE} bytes and nothing that ends it`, () => {
  const bundle = fs.readFileSync(process.env.BUNDLE, "utf8");
  assert.ok(Buffer.byteLength(bundle) <= LARGEST_BUNDLE, `${Buffer.byteLength(bundle)} bytes`);
  assert.doesNotMatch(bundle, /<\/script|<!--/i);
});
test(`a page of a million requests has at most ${LARGEST_PAGE} bytes, and ${MOST_BYTES} a vantage, probe and second`, () => {
  const html = textOf("million.html");
  const data = html.match(/id="page-data">(.*?)<\/script>/s)[1];
  const { rows, segments } = JSON.parse(data);
  const seconds = segments.reduce((sum, [from, to]) => sum + to - from, 0);
  assert.ok(Buffer.byteLength(html) <= LARGEST_PAGE, `${Buffer.byteLength(html)} bytes`);
  assert.ok(data.length / rows.length / seconds <= MOST_BYTES, `${data.length / rows.length / seconds} bytes`);
});

// ---- what a reader sees

test("every page opens from its file without a complaint, with its buttons", () => each(pages, DESK, async (page, complaints) => {
  assert.equal(await page.isVisible(".theme"), true);
  return complaints;
}));
test("both renderers draw the same hero, element for element", () => each(drawn, DESK, async (page, _, name) => {
  assert.equal(await redraw(page), true);
  return drift(page, textOf(name));
}));
test("both draw the same folded rows", () => open(browser, "many-vantages.html", DESK, async page => {
  await redraw(page);
  assert.deepEqual(await drift(page, textOf("many-vantages.html"), ".rest .chart", ".rest .chart"), []);
}));
test("both draw the same whole run", () => open(browser, "million.html", DESK, async page => {
  await choose(page, "Whole run");
  assert.deepEqual(await drift(page, textOf("million.html"), ".whole .chart", ".hero-s > .chart", "whole"), []);
}));
test("without script there are no buttons and no keys, and the whole run is there", () =>
  open(browser, "million.html", { ...DESK, javaScriptEnabled: false }, async page => {
    assert.equal(await page.locator("button, [tabindex]").count(), 0);
    assert.equal(await page.locator(".whole svg").count(), 2);
  }));

test("arrow keys move the cursor by one second and by ten, and say what is there", () => open(browser, "fail.html", DESK, async page => {
  await press(page, "ArrowRight");
  assert.match(await live(page), /^At 0, Undetected\. Client US, readers: 100 % failed, p50 failed, p99 failed, \d+ \S+\./);
  await press(page, "ArrowRight");
  assert.match(await live(page), /^At \+1 s, /);
  await press(page, "Shift+ArrowRight", "ArrowLeft");
  assert.match(await live(page), /^At \+10 s, Failing over\./);
  assert.equal(await page.getAttribute(LIVE, "aria-live"), "polite");
  assert.match(await page.textContent(`${HERO} >> .cursor >> nth=0`), /readers at \+10 s\d+ % failed/);
}));
test("M goes from milestone to milestone, and after the last to the first", () => open(browser, "fail.html", DESK, async page => {
  const said = [];
  for (let i = 0; i < 6; ++i) {
    await press(page, "m");
    said.push((await live(page)).split(/[,.] /)[0]);
  }
  assert.deepEqual(said, ["At 0", "At +2 s", "At +38 s", "At +58 s", "At +66.5 s", "At 0"]);
}));
test("plus and minus zoom about the cursor, Esc leads back", () => open(browser, "fail.html", DESK, async page => {
  const all = await shown(page);
  await press(page, "m", "m", "m", "+", "+");
  const closer = await shown(page);
  assert.notDeepEqual(closer, all);
  assert.match(await page.textContent(LIVE), /^Shown: /);
  await press(page, "-", "-", "-");
  await press(page, "+", "Escape");
  assert.deepEqual(await shown(page), all);
  assert.equal(await page.locator(".cursor").count(), 0);
}));
test("the window follows the cursor out of it", () => open(browser, "fail.html", DESK, async page => {
  await press(page, "ArrowRight", "+", "+", "+");
  const near = await shown(page);
  await press(page, ...Array(4).fill("Shift+ArrowRight"));
  assert.match(await live(page), /^At \+40 s, /);
  assert.notDeepEqual(await shown(page), near);
}));
test("keys with Control stay the browser's own", () => open(browser, "fail.html", DESK, async page => {
  const all = await shown(page);
  await press(page, "Control++");
  assert.deepEqual(await shown(page), all);
}));
test("a mouse writes its numbers into the margins, silently, and leaves nothing behind", () => open(browser, "fail.html", DESK, async page => {
  const box = await page.locator(HERO).boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 200);
  await page.waitForSelector(".cursor");
  assert.equal(await page.isVisible("svg.wide .side >> nth=0"), false);
  assert.equal(await page.getAttribute(LIVE, "aria-live"), "off");
  await page.mouse.move(5, 5);
  await page.waitForSelector(".cursor", { state: "detached" });
  assert.equal(await page.isVisible("svg.wide .side >> nth=0"), true);
  assert.match(await live(page), /^Keys in the picture/);
}));
test("buttons show the failover, the rollback and the whole run", () => open(browser, "fail.html", DESK, async page => {
  assert.deepEqual(await pressed(page), ["Whole run", "All"]);
  await choose(page, "Rollback");
  assert.deepEqual(await pressed(page), ["Rollback", "All"]);
  const rollback = await shown(page);
  assert.ok(rollback.includes("+60 s") && !rollback.includes("0"), rollback.join());
  await choose(page, "Failover");
  const failover = await shown(page);
  assert.ok(failover.includes("0") && !failover.includes("+80 s"), failover.join());
  await choose(page, "Whole run");
  assert.deepEqual(await pressed(page), ["Whole run", "All"]);
}));
test("dragging in the overview zooms, and dragging the window moves it", () => open(browser, "fail.html", DESK, async page => {
  const lane = page.locator(".overview");
  await lane.scrollIntoViewIfNeeded();
  const box = await lane.boundingBox();
  const height = (await page.locator(HERO).boundingBox()).height;
  const at = t => box.x + box.width * (150 + 920 * (t + 10) / 100) / 1092;
  const drag = async (from, to) => {
    await page.mouse.move(at(from), box.y + 15);
    await page.mouse.down();
    await page.mouse.move(at((from + to) / 2), box.y + 15);
    await page.mouse.move(at(to), box.y + 15);
    await page.mouse.up();
  };
  await drag(20, 50);
  assert.match(await live(page), /^Shown: \+(19\.5|20|20\.5) s to \+(49\.5|50|50\.5) s\.$/);
  await drag(35, 25);
  assert.match(await live(page), /^Shown: \+(9\.5|10|10\.5) s to \+(39\.5|40|40\.5) s\.$/);
  assert.equal((await page.locator(HERO).boundingBox()).height, height);
  const frame = await page.locator(".overview svg.wide rect").boundingBox();
  assert.ok(Math.abs(frame.x - at(10)) < 6 && Math.abs(frame.width - (at(40) - at(10))) < 6);
}));
test("filters leave reads or writes", () => open(browser, "fail.html", DESK, async page => {
  const probes = () => page.$$eval(".hero-s > .chart > svg.wide .side > text:first-child", all => all.map(each => each.textContent));
  const all = await probes();
  await choose(page, "Reads");
  const reads = await probes();
  await choose(page, "Writes");
  const writes = await probes();
  assert.ok(reads.includes("readers") && !reads.includes("comments"), reads.join());
  assert.ok(writes.includes("comments") && !writes.includes("readers"), writes.join());
  await choose(page, "All");
  assert.deepEqual(await probes(), all);
}));

// ---- themes, paper, phones

test("the theme button goes from automatic to dark to light, whatever the system says", async () => {
  for (const [options, own] of [[DESK, "rgb(255, 255, 255)"], [DARK, "rgb(18, 20, 23)"]]) {
    await open(browser, "fail.html", options, async page => {
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const found = [await paper()];
      for (let i = 0; i < 3; ++i) {
        await page.click(".theme");
        found.push(await paper());
      }
      assert.deepEqual(found, [own, "rgb(18, 20, 23)", "rgb(255, 255, 255)", own]);
    });
  }
});
test("paper is white in the dark too, without buttons, and a report has few sheets", () => open(browser, "fail.html", DARK, async page => {
  await page.click(".theme");
  const pdf = await page.pdf({ format: "A4" });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  const sheets = pdf.toString("latin1").match(/\/Type ?\/Page\b/g).length;
  assert.ok(sheets >= 2 && sheets <= 8, `${sheets} sheets`);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  for (const tool of [".theme", ".tools", LIVE, ".overview"]) assert.equal(await page.isVisible(tool), false, tool);
}));
test("no page is wider than a phone, and every button is large enough for a finger", () => each(pages, PHONE, async page => {
  const small = await page.$$eval("button", all => all.filter(each => each.getBoundingClientRect().height < 36).length);
  return await overflow(page) > 0 || small > 0 ? [`${await overflow(page)} px too wide, ${small} small buttons`] : [];
}));
test("on a phone a touch reads the narrow picture", () => open(browser, "fail.html", PHONE, async page => {
  const box = await page.locator(HERO).boundingBox();
  await page.evaluate(y => window.scrollTo(0, y), box.y);
  const now = await page.locator(HERO).boundingBox();
  await page.touchscreen.tap(now.x + now.width * 0.4, now.y + 150);
  await page.waitForSelector("svg.narrow .cursor");
  assert.match(await page.textContent("svg.narrow .cursor"), /\+\d+ s: \d+ % failed/);
}));
for (const [name, options] of [["light", DESK], ["dark", DARK], ["phone", PHONE]]) {
  test(`axe finds nothing: ${name}`, () => each(some, options, async page => {
    await press(page, "m", "ArrowRight", "+");
    return axe(page);
  }));
}

// ---- hostile texts, foreign policies

for (const bypassCSP of [false, true]) {
  test(`hostile texts stay texts, ${bypassCSP ? "without" : "with"} the page's policy`, () =>
    each(hostile, { ...DESK, bypassCSP }, async (page, complaints) => {
      await press(page, "m", "ArrowRight", "+");
      await choose(page, "Whole run");
      assert.match(await live(page), /^Shown: /);
      assert.equal(await page.evaluate(() => window.pwned), undefined);
      assert.equal(await page.locator("img, iframe, object").count(), 0);
      assert.equal(await page.locator("script").count(), 2);
      return complaints;
    }));
}
test("hostile texts are shown as they are", () => open(browser, "hostile-attribute.html", DESK, async page => {
  await press(page, "m");
  const text = '"><img src=x onerror="window.pwned=1">';
  for (const where of ["h1", ".top", ".timeline", HERO, LIVE]) assert.ok((await page.textContent(where)).includes(text), where);
}));
test("where Jenkins allows neither script nor style, verdict and hero are there", async () => {
  const server = http.createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": JENKINS });
    answer.end(textOf("fail.html"));
  });
  await new Promise(done => server.listen(0, "127.0.0.1", done));
  try {
    await visit(browser, `http://127.0.0.1:${server.address().port}/`, DESK, async page => {
      assert.equal(await page.locator("button").count(), 0);
      assert.equal(await page.isVisible(".status"), true);
      assert.match(await page.textContent("h1"), /^Failover took 38\.2\ss/);
      assert.deepEqual(await page.$$eval(".hero-s > .chart > svg", all => all.map(each => each.getBoundingClientRect().width)), [1092, 0]);
      assert.equal(await page.$eval(".hero-s svg [fill='#c62f1c']", each => getComputedStyle(each).fill), "rgb(198, 47, 28)");
    });
  } finally {
    server.close();
  }
});

siteCases(test, browser, { axe, overflow });
servedCases(test, browser, { axe, overflow });

let failed = 0;
const chosen = cases.filter(([name]) => name.includes(process.env.ONLY ?? ""));
for (const [name, run] of chosen) {
  try {
    await run();
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL    ${name}`);
    console.log(String(error.stdout ?? error.stack ?? error).split("\n").slice(0, 12).map(line => "  " + line).join("\n"));
  }
}
await browser.close();
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
