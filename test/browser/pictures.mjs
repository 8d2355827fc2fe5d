// Pictures for looking at: pictures.mjs FOLDER.
import fs from "node:fs";
import path from "node:path";
import { DARK, DESK, PHONE, open, pages, press, sitePages, start } from "./browser.mjs";

const folder = process.argv[2];
fs.mkdirSync(folder, { recursive: true });
const browser = await start();
const choose = name => page => page.click(`.choices button:text-is("${name}")`);
const keys = (...names) => page => press(page, ...names);

const views = [
  ["fail.html", "cursor", DESK, keys("m", "m", "ArrowRight", "Shift+ArrowRight")],
  ["fail.html", "dark-zoomed", DARK, keys("m", "m", "m", "+", "+")],
  ["fail.html", "rollback", DESK, choose("Rollback")],
  ["fail.html", "failover", DESK, choose("Failover")],
  ["fail.html", "writes", DESK, choose("Writes")],
  ["fail.html", "phone-cursor", PHONE, keys("m", "Shift+ArrowRight")],
  ["many-vantages.html", "whole", DESK, choose("Whole run")],
  ["million.html", "cursor", DARK, keys("m", "Shift+ArrowRight")],
  ...pages.filter(name => !name.startsWith("hostile-") || name === "hostile-script.html").flatMap(name => [
    [name, "light", DESK, null], [name, "phone", PHONE, null]]),
  ["site/index.html", "start", DESK, page => page.click(".start summary")],
  ...sitePages.filter(name => !name.includes("/hostile-") || name.includes("hostile-attribute-")).flatMap(name => [
    [name, "light", DESK, null], [name, "dark", DARK, null], [name, "phone", PHONE, null]]),
];
for (const [name, view, options, act] of views) {
  await open(browser, name, options, async page => {
    if (act && await page.locator(".choices, .start").count() > 0) await act(page);
    const file = path.join(folder, `${name.replace("/", "-").replace(".html", "")}-${view}.png`);
    await page.screenshot({ path: file, fullPage: !act });
  });
}
await browser.close();
console.log(`${views.length} pictures in ${folder}`);
