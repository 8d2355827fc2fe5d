// How long it takes from asking for a page to its first paint and to its buttons, from a file: median of five.
import { pathToFileURL } from "node:url";
import { DESK, PHONE, fileOf, open, start } from "./browser.mjs";

const ROUNDS = 5;
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function once(name, options, slower) {
  const browser = await start();
  try {
    // The first page of a browser also pays for the browser.
    await open(browser, name, options, async () => {});
    const context = await browser.newContext(options);
    const page = await context.newPage();
    if (slower > 1) {
      const session = await context.newCDPSession(page);
      await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
    }
    await page.goto(pathToFileURL(fileOf(name)).href);
    return await page.evaluate(() => new Promise(done => {
      const told = () => {
        const paint = performance.getEntriesByName("first-contentful-paint")[0];
        if (!paint) return setTimeout(told, 10);
        const { domInteractive } = performance.getEntriesByType("navigation")[0];
        const began = performance.now();
        const chart = document.querySelector(".hero-s > .chart");
        chart.dispatchEvent(new KeyboardEvent("keydown", { key: "+" }));
        chart.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
        chart.getBoundingClientRect();
        done({ paint: paint.startTime, ready: domInteractive, redraw: (performance.now() - began) / 2 });
      };
      told();
    }));
  } finally {
    await browser.close();
  }
}

for (const name of ["fail.html", "million.html"]) {
  for (const [where, options, slower] of [["desk", DESK, 1], ["phone, processor four times slower", PHONE, 4]]) {
    const found = [];
    for (let i = 0; i < ROUNDS; ++i) found.push(await once(name, options, slower));
    const of = key => Math.round(median(found.map(each => each[key])));
    console.log(`${name}, ${where}: first paint ${of("paint")} ms, buttons ${of("ready")} ms, redraw ${of("redraw")} ms`);
  }
}
