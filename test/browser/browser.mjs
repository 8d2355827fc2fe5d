// What every browser test needs: pages opened from their files, and all that the browser had to say about them.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

export const load = createRequire(path.join(process.env.MODULES, "package.json"));
const { chromium } = load("playwright-core");

const pagesIn = folder => fs.readdirSync(path.join(process.env.PAGES, folder)).filter(name => name.endsWith(".html")).sort();
export const pages = pagesIn(".");
/** Those of `muster serve`. */
export const sitePages = pagesIn("site").map(name => "site/" + name);
export const fileOf = name => path.join(process.env.PAGES, name);
export const textOf = name => fs.readFileSync(fileOf(name), "utf8");

export const DESK = { viewport: { width: 1280, height: 1000 } };
export const DARK = { ...DESK, colorScheme: "dark" };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export const HERO = ".hero-s > .chart >> nth=0";
export const LIVE = ".hero-s .live";

export async function start() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
}

/** Calls `use` with the page and the list of complaints, which grows while it is open. */
export async function visit(browser, url, options, use) {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const complaints = [];
    page.on("console", message => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", error => complaints.push(String(error)));
    await page.goto(url);
    return await use(page, complaints);
  } finally {
    await context.close();
  }
}

const addressOf = name => pathToFileURL(fileOf(name)).href;
export const open = (browser, name, options, use) => visit(browser, addressOf(name), options, use);

/** Opens one page after the other in one tab, which is several times faster; complaints are those of the page. */
export function openAll(browser, names, options, use) {
  return visit(browser, "about:blank", options, async (page, complaints) => {
    for (const name of names) {
      complaints.length = 0;
      await page.goto(addressOf(name));
      await use(page, complaints, name);
    }
  });
}

/** Presses keys in the hero, one after the other. */
export async function press(page, ...keys) {
  await page.focus(HERO);
  for (const key of keys) await page.keyboard.press(key);
}

export const live = page => page.textContent(LIVE);
/** The marks of the time axis that are shown, as text. */
export const shown = page => page.evaluate(selector => {
  const svg = [...document.querySelectorAll(selector)].find(each => each.getBoundingClientRect().width > 0);
  const texts = [...svg.querySelectorAll("text")].map(text => text.textContent);
  return texts.filter(text => /^(0|[+−][\d.]+ s)$/.test(text));
}, ".hero-s > .chart:not(.overview) > svg");
