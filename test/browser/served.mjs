// The cases with a real `muster serve`: what a person does with a browser has to come through all that stands against
// forged requests, which no page of a sample shows. check.mjs runs them with the others.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { DARK, DESK, PHONE, visit } from "./browser.mjs";

const MUSTER = path.resolve(process.env.MUSTER);
const LONG = 60_000; // no figure, only a bound that a busy machine keeps

const STACK = "muster_stack: 1\nstack: served\nenvironment: lab\nhosts: {here: {reach: local}}\nvantages: {me: {host: here}}\n";
const drillOf = file => `muster: 1
drill: one-file
title: A file that is there
stack: stack.yaml
steps:
  - inject: it
    fault:
      command:
        host: here
        apply: [touch, "${file}"]
        verify: [test, -e, "${file}"]
        undo: [rm, -f, "${file}"]
        verify_undone: [test, "!", -e, "${file}"]
  - hold: 10m
  - undo: it
`;

/** A folder with a drill and settings, and a server of it; `use` gets what is to be known of them. */
async function served(use) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "muster-served-"));
  const at = name => path.join(folder, name);
  fs.writeFileSync(at("allow.conf"), "allow command\n", { mode: 0o600 });
  fs.writeFileSync(at("stack.yaml"), STACK);
  fs.writeFileSync(at("drill.yaml"), drillOf(at("broken")));
  const env = { ...process.env, MUSTER_HOME: at("home"), MUSTER_ALLOW: at("allow.conf") };
  delete env.MUSTER_STORE;
  const said = execFileSync(MUSTER, ["token", "chief", "--scope", "admin"], { env, cwd: folder, encoding: "utf8" });
  const token = said.match(/^token: +(\S+)$/m)[1];
  fs.writeFileSync(at("muster.yaml"), `muster_server: 1
drills:
  one: {playbook: drill.yaml, when: "0 0 29 2 *"}
serve:
  port: 0
  tokens:
${said.match(/^ +\S+: \{sha256.*$/m)[0]}
`);
  const log = fs.openSync(at("log"), "a");
  const server = spawn(MUSTER, ["serve", "--port-file", at("port")], { env, cwd: folder, stdio: ["ignore", log, log] });
  const gone = new Promise(done => server.once("exit", done));
  try {
    await until(() => fs.existsSync(at("port")), () => fs.readFileSync(at("log"), "utf8"));
    const port = fs.readFileSync(at("port"), "utf8").trim();
    // Not by the address: a session has to do with the name by which the browser knows the server.
    await use({ url: `http://localhost:${port}`, token, broken: at("broken"), lever: path.join(at("home"), "lever") });
  } finally {
    server.kill("SIGTERM");
    await gone;
    fs.closeSync(log);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function until(holds, why) {
  for (const last = Date.now() + LONG; !await holds();) {
    if (Date.now() > last) assert.fail(why());
    await new Promise(done => setTimeout(done, 50));
  }
}

async function logIn(page, { url, token }) {
  await page.goto(url + "/login?next=/schedule");
  await page.fill("#token", token);
  await Promise.all([page.waitForURL("**/schedule", { timeout: LONG }), page.click(".login button")]);
}

const api = (server, method, what) =>
  fetch(`${server.url}/api/v1/${what}`, { method, headers: { authorization: `Bearer ${server.token}` } });

export function servedCases(test, browser, { axe, overflow }) {
  test("served: somebody logs in, halts, and sees that the lever is engaged until it is released", () => served(server =>
    visit(browser, server.url + "/login", DESK, async (page, complaints) => {
      await logIn(page, server);
      await Promise.all([page.waitForURL(server.url + "/", { timeout: LONG }), page.click(".halt button")]);
      assert.match(await page.textContent(".banner.stop"), /Halted: .*chief \(over HTTP\).*the halt button/s);
      assert.equal(fs.existsSync(server.lever), true);
      assert.equal((await api(server, "DELETE", "halt")).status, 200);
      await page.reload();
      assert.equal(await page.locator(".banner.stop").count(), 0);
      await Promise.all([page.waitForURL("**/login*", { timeout: LONG }), page.click(".foot button")]);
      assert.equal((await page.goto(server.url + "/")).status(), 401);
      assert.deepEqual(complaints.filter(each => !each.includes("401")), []);
    })));
  test("served: a wrong token is not let in", () => served(server =>
    visit(browser, server.url + "/login", DESK, async page => {
      await page.fill("#token", "mst_wrong");
      await page.click(".login button");
      assert.match(await page.textContent(".banner.fail"), /Not let in/);
    })));
  test("served: a drill is started, followed while it goes on, and aborted", () => served(server =>
    visit(browser, server.url + "/login", DESK, async (page, complaints) => {
      await logIn(page, server);
      await page.goto(server.url + "/");
      await page.click(".start summary");
      await Promise.all([page.waitForURL("**/schedule", { timeout: LONG }), page.click(".start form button")]);
      let run;
      await until(async () => {
        const { running } = await (await api(server, "GET", "status")).json();
        run = running[0]?.run;
        return run !== undefined;
      }, () => "no run began");
      await page.goto(`${server.url}/runs/${run}/live`);
      await page.waitForFunction(() => document.querySelector("#in-force")?.textContent.includes("touch"), null, { timeout: LONG });
      assert.equal(fs.existsSync(server.broken), true);
      for (const options of [DESK, DARK, PHONE]) {
        await page.setViewportSize(options.viewport);
        await page.emulateMedia({ colorScheme: options.colorScheme ?? "light" });
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/live-${options.viewport.width}-${options.colorScheme ?? "light"}.png`, fullPage: true });
        assert.ok(await overflow(page) <= 0);
        assert.deepEqual(await axe(page), []);
      }
      const aborted = page.waitForResponse(answer => answer.url().endsWith("/abort"), { timeout: LONG });
      await page.click(".abort button");
      assert.equal((await aborted).status(), 303);
      await until(() => !fs.existsSync(server.broken), () => "the fault is still in force");
      await until(async () => (await (await api(server, "GET", `runs/${run}`)).status) === 200, () => "there is no result");
      await page.goto(`${server.url}/runs/${run}`);
      assert.match(await page.textContent("h1"), /./);
      assert.deepEqual(complaints, []);
    })));
  test("served: events come to the live page by themselves", () => served(server =>
    visit(browser, server.url + "/login", DESK, async page => {
      await logIn(page, server);
      assert.equal((await api(server, "POST", "drills/one/start")).status, 202);
      let run;
      await until(async () => (run = (await (await api(server, "GET", "status")).json()).running[0]?.run) !== undefined, () => "no run began");
      await page.goto(`${server.url}/runs/${run}/live`);
      await until(() => fs.existsSync(server.broken), () => "there was no fault");
      await page.waitForFunction(() => document.querySelector("#in-force li"), null, { timeout: LONG });
      // The same document hears of the end, which was asked for elsewhere.
      await page.evaluate(() => { window.still = true; });
      assert.equal((await api(server, "POST", `runs/${run}/stop`)).status, 202);
      await page.waitForFunction(() => document.querySelector("#over")?.textContent.includes("Read the report"), null, { timeout: LONG });
      assert.equal(await page.evaluate(() => window.still), true);
    })));
  test("served: every page is fit for eyes, for the dark and for a phone", () => served(server =>
    visit(browser, server.url + "/login", DESK, async page => {
      await logIn(page, server);
      for (const options of [DESK, DARK, PHONE]) {
        await page.setViewportSize(options.viewport);
        await page.emulateMedia({ colorScheme: options.colorScheme ?? "light" });
        for (const where of ["/", "/schedule", "/runs", "/gate"]) {
          await page.goto(server.url + where);
          if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/page${where.replaceAll("/", "-")}-${options.viewport.width}-${options.colorScheme ?? "light"}.png`, fullPage: true });
          assert.ok(await overflow(page) <= 0, where);
          assert.deepEqual(await axe(page), [], where);
        }
      }
    })));
}
