// The cases about the pages of `muster serve`; check.mjs runs them with the others.
import assert from "node:assert/strict";
import http from "node:http";
import { DARK, DESK, PHONE, open, openAll, sitePages, textOf, visit } from "./browser.mjs";

const LARGEST_BUNDLE = 12_000;
const hostile = sitePages.filter(name => name.includes("/hostile-"));
const pages = sitePages.filter(name => !hostile.includes(name));
const withMenu = pages.filter(name => textOf(name).includes('action="/halt"'));
const mayHalt = withMenu.filter(name => !textOf(name).includes("<button disabled"));
const looked = ["index", "index-trouble", "schedule", "runs", "live", "gate", "login-refused"].map(name => `site/${name}.html`);

const policyOf = html => html.match(/Content-Security-Policy" content="([^"]*)"/)[1] + "; frame-ancestors 'none'";

/** A server of one page and of streams, in the order in which they are asked for; `asked` has who asked for them. */
async function served(name, streams, use) {
  const asked = [];
  const html = textOf(name);
  const server = http.createServer((request, answer) => {
    if (!request.url.includes("/events")) {
      const type = { "content-type": "text/html; charset=utf-8", "content-security-policy": policyOf(html) };
      answer.writeHead(200, type).end(html);
      return;
    }
    asked.push({ url: request.url, after: request.headers["last-event-id"] });
    const stream = streams.shift();
    if (stream === undefined) return void answer.writeHead(404).end();
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.write("retry: 20\n\n" + stream.events.join(""));
    if (stream.ends) answer.end();
  });
  await new Promise(done => server.listen(0, "127.0.0.1", done));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const event = (line, id) => `${id === undefined ? "" : `id: ${id}\n`}data: ${typeof line === "string" ? line : JSON.stringify(line)}\n\n`;
const open_end = (...lines) => [{ events: lines.map((line, index) => event(line, index + 2)) }];

/** What happened in the run of live-begun.html until it is as in live.html. */
const UNTIL_NOW = [
  { at_s: 72, kind: "milestone", source: "", text: "baseline", took_s: 60, budget_s: 60 },
  { at_s: 72, kind: "fault", source: "ns1", text: "force us-east down", ref: "action:drain/1" },
  { at_s: 72.1, kind: "fault", source: "db-eu", text: "block the replica's stream", ref: "action:drain/2" },
  { at_s: 72.1, kind: "milestone", source: "", text: "injected", took_s: 0.1 },
  { at_s: 72.2, kind: "milestone", source: "readers", text: "impact", took_s: 0.2 },
  { at_s: 83.4, kind: "milestone", source: "dns", text: "detected", took_s: 11.4, budget_s: 15 },
  { at_s: 92, kind: "note", source: "muster", text: "asking: is the pager quiet?", ref: "" },
];
const PROGRESS = {
  at_s: 93.4, kind: "progress", text: "await failover of readers, 21.3 s of 60 s", phase: "failing over", step: 2,
  in_force: [{ ref: "action:drain/1", text: "force us-east down", source: "ns1" },
             { ref: "action:drain/2", text: "block the replica's stream", source: "db-eu" }],
  users: [{ probe: "readers", vantage: "client-us", failed: 0.784 }, { probe: "readers", vantage: "client-eu", failed: 0.32 },
          { probe: "readers", vantage: "client-ap", failed: 0 }, { probe: "comments", vantage: "client-us", failed: null }],
};
const RESULT = { kind: "result", status: "fail", headline: "Failover took 38.2 s against a budget of 30.0 s." };

/** Serves live-begun.html with these streams; time stands still but for what the case lets pass. */
function follow(browser, streams, use) {
  return served("site/live-begun.html", streams, (url, asked) => visit(browser, "about:blank", DESK, async (page, complaints) => {
    await page.clock.install();
    await page.clock.pauseAt(new Date(Date.now() + 1000));
    await page.goto(url);
    await use(page, complaints, asked);
  }));
}

const says = (page, where, text) => page.waitForFunction(
  ([selector, wanted]) => document.querySelector(selector)?.textContent.includes(wanted), [where, text], { polling: 50 });

/** Path and body of the first POST that comes of it. */
async function posted(page, act) {
  const [request] = await Promise.all([page.waitForRequest(one => one.method() === "POST"), act()]);
  return [new URL(request.url()).pathname, request.postData()];
}

/** How many times Tab is pressed until the focus is in what the selector finds. */
async function tabsTo(page, selector, most) {
  for (let i = 1; i <= most; ++i) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(wanted => document.activeElement?.matches(wanted), selector)) return i;
  }
  return 0;
}

export function siteCases(test, browser, { axe, overflow }) {
  const each = (list, options, find) => openAll(browser, list, options, async (page, complaints, name) =>
    assert.deepEqual(await find(page, complaints), [], name));

  test("site: every page opens without a complaint", () => each(pages, DESK, async (_, complaints) => complaints));
  test(`site: the script has at most ${LARGEST_BUNDLE} bytes`, () => {
    const script = textOf("site/live.html").match(/<script>(.*?)<\/script>/s)[1];
    assert.ok(Buffer.byteLength(script) <= LARGEST_BUNDLE, `${Buffer.byteLength(script)} bytes`);
  });
  test("site: axe finds nothing on any page", () => each(pages, DESK, axe));
  test("site: axe finds nothing in the dark", () => each(looked, DARK, axe));
  test("site: axe finds nothing on a phone", () => each(looked, PHONE, axe));
  test("site: no page is wider than a phone, and every button is large enough for a finger", () =>
    each([...pages, ...hostile.filter(name => name.includes("-attribute-"))], PHONE, async page => {
      const small = await page.$$eval("button, select, summary", all =>
        all.filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 36).length);
      const wide = await overflow(page);
      return wide > 0 || small > 0 ? [`${wide} px too wide, ${small} small buttons`] : [];
    }));
  test("site: pages are dark where the reader is", () => each(pages, DARK, async page =>
    await page.evaluate(() => getComputedStyle(document.body).backgroundColor) === "rgb(18, 20, 23)" ? [] : ["light"]));

  test("site: the halt button is the sixth thing that Tab reaches, or nearer", () => each(mayHalt, DESK, async page =>
    await tabsTo(page, ".halt button", 6) > 0 ? [] : ["out of reach"]));
  test("site: the halt button stays in sight down to the end of the page", async () => {
    for (const options of [DESK, PHONE]) {
      await each(withMenu, options, async page => {
        await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
        const box = await page.locator(".halt button").boundingBox();
        return box && box.y >= 0 && box.y + box.height <= 100 ? [] : [`at ${box?.y}`];
      });
    }
  });
  test("site: one press halts, with the token", () => served("site/index.html", [], url =>
    visit(browser, url, DESK, async page => {
      await page.focus(".halt button");
      assert.deepEqual(await posted(page, () => page.keyboard.press("Enter")), ["/halt", "csrf=c5rF-Token"]);
    })));
  test("site: to start takes two steps, and what is about to happen is said between them", () =>
    served("site/index.html", [], url => visit(browser, url, DESK, async page => {
      const start = page.locator(".start").first();
      assert.equal(await start.locator("button").isVisible(), false);
      await start.locator("summary").press("Enter");
      assert.match(await start.locator("form").textContent(), /Breaks things on novvista \(production\) now/);
      assert.deepEqual(await posted(page, () => start.locator("button").click()),
                       ["/drills/drain-us-east-weekly/start", "csrf=c5rF-Token&sure=yes"]);
    })));
  test("site: the list of runs is filtered by the address", () => served("site/runs.html", [], url =>
    visit(browser, url, DESK, async page => {
      await page.selectOption("select[name=verdict]", "fail");
      await Promise.all([page.waitForURL("**/runs?drill=&verdict=fail"), page.click(".filter button")]);
    })));

  for (const bypassCSP of [false, true]) {
    test(`site: hostile texts stay texts, ${bypassCSP ? "without" : "with"} the page's policy`, () =>
      each(hostile, { ...DESK, bypassCSP }, async (page, complaints) => {
        const alive = await page.evaluate(() =>
          [window.pwned, document.querySelectorAll("img, iframe, object, script:not(:last-child)").length]);
        assert.deepEqual(alive, [undefined, 0]);
        return complaints;
      }));
  }

  // ---- the running drill

  test("live: events and progress make the page what the server would have made", () =>
    follow(browser, open_end(...UNTIL_NOW, PROGRESS), async (page, complaints) => {
      await says(page, "#doing", "21.3 s");
      await page.clock.runFor(250);
      const parts = () => page.$$eval("#steps, #in-force, #users, #events, #phase, #doing",
                                      all => all.map(one => one.outerHTML.replace(/>\n</g, "><")));
      const made = await parts();
      // The two differ in what time alone changes, and in whose probe will have seen it first.
      const figures = () => page.$$eval("#milestones > div", all => all.map(one => [
        one.dataset.name, one.className, one.querySelector(".big").textContent, one.querySelector(".sub").textContent,
        one.dataset.name === "failover" ? "" : one.querySelector("svg")?.outerHTML ?? ""]));
      const shown = await figures();
      assert.deepEqual(complaints, []);
      await page.setContent(textOf("site/live.html"));
      assert.equal(made.length, 6);
      assert.deepEqual(made, await parts());
      assert.deepEqual(shown, await figures());
    }));
  test("live: what counts goes on counting between events", () =>
    follow(browser, open_end(...UNTIL_NOW), async page => {
      await says(page, "#events", "is the pager quiet");
      await page.clock.runFor(250);
      assert.equal(await page.textContent("#elapsed"), "92 s");
      await page.clock.runFor(15_000);
      assert.equal(await page.textContent("#elapsed"), "107 s");
      const failover = page.locator("[data-name=failover]");
      assert.match(await failover.textContent(), /35 s budget 30 s, over/);
      assert.equal(await failover.getAttribute("class"), "fail");
      assert.match(await page.textContent("[data-name=detected]"), /11\.4 s budget 15 s, kept/);
      assert.match(await page.textContent("[data-name=recovery]"), /— budget 60 s, ahead/);
    }));
  test("live: only what is surely undone goes from what is in force", () =>
    follow(browser, open_end(...UNTIL_NOW,
      { at_s: 95, kind: "rollback", source: "ns1", text: "undone: force us-east down", ref: "action:drain/1" },
      { at_s: 96, kind: "rollback", source: "db-eu", text: "NOT UNDONE (unknown): block the replica's stream: no answer", ref: "action:drain/2" }),
    async page => {
      await says(page, "#in-force", "NOT UNDONE");
      assert.deepEqual(await page.$$eval("#in-force li", all => all.map(one => one.textContent)),
                       ["NOT UNDONE (unknown): block the replica's stream: no answer"]);
      assert.equal(await page.isVisible("#none-in-force"), false);
    }));
  test("live: when all is undone the page says so, and recovery begins to count", () =>
    follow(browser, open_end(...UNTIL_NOW,
      { at_s: 95, kind: "rollback", source: "ns1", text: "undone: force us-east down", ref: "action:drain/1" },
      { at_s: 96, kind: "rollback", source: "db-eu", text: "undone: block the replica's stream", ref: "action:drain/2" },
      { at_s: 96, kind: "milestone", source: "", text: "undone", took_s: 1.2 }),
    async page => {
      await says(page, "#events", "everything undone and verified");
      assert.equal(await page.isVisible("#none-in-force"), true);
      await page.clock.runFor(3000);
      assert.match(await page.textContent("[data-name=recovery]"), /3 s budget 60 s, counting/);
    }));
  test("live: an abort says why and takes its button away", () =>
    follow(browser, open_end({ at_s: 30, kind: "abort", source: "muster", text: "stopped by a person", ref: "" }), async page => {
      await says(page, "#stopping", "stopped by a person");
      assert.equal(await page.isVisible("#stopping"), true);
      assert.equal(await page.locator(".abort").count(), 0);
    }));
  test("live: the abort button posts the token", () => served("site/live.html", [], url =>
    visit(browser, url, DESK, async page => {
      assert.deepEqual(await posted(page, () => page.click(".abort button")),
                       ["/runs/01KAYQ3X5T8V2W4N6P9R1S0D48/abort", "csrf=c5rF-Token"]);
    })));
  test("live: the result ends it, with a link to the report, and nothing is asked for again", () =>
    follow(browser, [{ events: [...UNTIL_NOW, RESULT].map((line, index) => event(line, index + 2)), ends: true }, { events: [] }],
      async (page, _, asked) => {
        await says(page, "#link", "The run is over.");
        assert.match(await page.textContent("#over"), /✕ Failed Failover took 38\.2 s .* Read the report/);
        assert.equal(await page.getAttribute("#over a", "href"), "/runs/01KAYQ3X5T8V2W4N6P9R1S0D48");
        assert.equal(await page.locator(".abort").count(), 0);
        assert.equal(await page.textContent("#said"), "The run is over: Failed.");
        const before = await page.textContent("#elapsed");
        await page.clock.runFor(5000);
        assert.equal(await page.textContent("#elapsed"), before);
        assert.equal(asked.length, 1);
      }));
  test("live: a whole result counts as the result", () =>
    follow(browser, open_end({ schema: "muster.result/1", verdict: { status: "pass", headline: "All well." } }), async page => {
      await says(page, "#over", "Passed All well.");
    }));
  test("live: a stream that breaks is taken up again behind the last event", () =>
    follow(browser, [{ events: [event(UNTIL_NOW[0], 2), event(UNTIL_NOW[1], 3)], ends: true }, { events: [event(UNTIL_NOW[2], 4)] }],
      async (page, _, asked) => {
        await says(page, "#in-force", "block the replica");
        const url = "/runs/01KAYQ3X5T8V2W4N6P9R1S0D48/events?after=1";
        assert.deepEqual(asked, [{ url, after: undefined }, { url, after: "3" }]);
        assert.equal(await page.textContent("#link"), "Following the run as it happens.");
        assert.equal(await page.locator("#events tr").count(), 4);
      }));
  test("live: where there is no stream the page says what to do", () => follow(browser, [], async page => {
    await says(page, "#link", "Load the page anew.");
  }));
  test("live: hostile and broken events do nothing but stand there", () => {
    const evil = "\"><img src=x onerror=\"window.pwned=1\">\u202e\u0007__proto__";
    const lines = ["", "null", "[]", "7", "{", "{\"kind\": \"fault\"}", "{\"at_s\": \"x\", \"kind\": {}, \"text\": 7}",
      { at_s: 20, kind: "fault", source: evil, text: evil, ref: evil },
      { at_s: 20, kind: "milestone", source: evil, text: evil, took_s: 1, budget_s: 2 },
      { at_s: 20, kind: "milestone", source: "__proto__", text: "constructor", took_s: 1 },
      { at_s: 21, kind: "progress", text: evil, phase: evil, step: 99, in_force: [{ ref: evil, text: evil, source: evil }],
        users: [{ probe: evil, vantage: evil, failed: 17 }] },
      { at_s: 22, kind: evil, source: evil, text: evil },
      { kind: "result", status: "constructor", headline: evil }];
    return follow(browser, open_end(...lines), async (page, complaints) => {
      await says(page, "#link", "The run is over.");
      assert.equal(await page.evaluate(() => window.pwned), undefined);
      assert.equal(await page.locator("img").count(), 0);
      for (const where of ["#events", "#in-force", "#users", "#phase", "#over"]) {
        const text = await page.textContent(where);
        if (where !== "#phase") assert.ok(text.includes("<img src=x"), where);
        assert.doesNotMatch(text, /[\u202e\u0007]/, where);
      }
      assert.match(await page.textContent("#over"), /Unknown verdict/);
      assert.deepEqual(complaints, []);
    });
  });
  test("live: a thousand events leave the newest two hundred", () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ at_s: 13, kind: "note", source: "muster", text: `number ${index}` }));
    return follow(browser, open_end(...many), async page => {
      await says(page, "#events", "number 999");
      assert.equal(await page.locator("#events tr").count(), 200);
    });
  });
  test("live: without script the page loads itself anew", () =>
    open(browser, "site/live.html", { ...DESK, javaScriptEnabled: false }, async page => {
      assert.equal(await page.getAttribute("meta[http-equiv=refresh]", "content"), "5");
      assert.equal(await page.isVisible(".abort button"), true);
    }));
}
