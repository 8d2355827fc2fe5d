// Keeps the page of a running drill fresh. The page is complete without it, and then loads itself anew.
import { element } from "./controls";
import { changeItem, eventRow, Figure, inert, Line, milestoneText, usersItem } from "./progress";
import { showSeconds } from "./values";

const MOST_EVENTS = 200;
const REDRAW_MS = 250;

/** Which milestones begin to count when one is reached. */
const BEGINS = new Map([
  ["injected", ["impact", "detected", "failover"]],
  ["undone", ["recovery"]],
]);

const VERDICTS = new Map([
  ["pass", ["pass", "✓", "Passed"]],
  ["fail", ["fail", "✕", "Failed"]],
  ["inconclusive", ["grey", "?", "Inconclusive"]],
  ["aborted", ["stop", "■", "Aborted"]],
  ["interrupted", ["stop", "■", "Interrupted"]],
  ["broken", ["broken", "✕", "Still broken"]],
]);

const place = (id: string): HTMLElement => document.getElementById(id) ?? element("div", {});

function write(id: string, text: string): void {
  const where = place(id);
  if (where.textContent !== text) where.textContent = text;
}

class LivePage {
  private readonly figures: Figure[];
  private readonly started: number;
  private readonly opened = performance.now();
  private elapsedThen: number;
  private readonly begun = new Map<Figure, number>();
  private readonly saidByMilestones = new Set<string>();
  over = false;

  constructor(private readonly root: HTMLElement) {
    this.started = Number(root.dataset.started);
    this.elapsedThen = (Number(root.dataset.now) - this.started) / 1000;
    this.figures = [...document.querySelectorAll<HTMLElement>("#milestones > div")].map(each => new Figure(each));
    for (const figure of this.figures) {
      if (figure.taken !== null && !figure.reached) this.begun.set(figure, this.elapsedThen - figure.taken);
    }
  }

  take(line: Line): void {
    if (typeof line.at_s === "number") this.catchUp(line.at_s);
    if (line.kind === "result" || line.verdict) this.end(line);
    else if (line.kind === "progress") this.progress(line);
    else if (line.kind === "milestone") this.milestone(line);
    else if (typeof line.text === "string") this.event(line);
  }

  /** Counts on: the time of this machine's own clock that has passed, whatever that clock shows. */
  tick(): void {
    if (this.over) return;
    const elapsed = this.elapsed();
    write("elapsed", showSeconds(Math.floor(elapsed)));
    for (const [figure, since] of this.begun) figure.show(Math.max(0, elapsed - since), false);
  }

  private elapsed(): number {
    return Math.max(0, this.elapsedThen + (performance.now() - this.opened) / 1000);
  }

  /** A machine that slept is behind; what is told again is old and changes nothing. */
  private catchUp(at: number): void {
    const behind = at - this.elapsed();
    if (behind > 0) this.elapsedThen += behind;
  }

  private milestone(line: Line): void {
    const name = inert(line.text);
    const figure = this.figures.find(each =>
      each.name === name && !each.reached && (each.probe === "" || each.probe === inert(line.source)));
    if (figure && typeof line.took_s === "number") {
      figure.show(line.took_s, true);
      this.begun.delete(figure);
    }
    for (const each of this.figures) {
      const begins = BEGINS.get(name)?.includes(each.name);
      if (begins && !each.reached && !this.begun.has(each)) this.begun.set(each, line.at_s ?? this.elapsed());
    }
    this.saidByMilestones.add(`${name} of ${line.source}:`);
    this.list(line);
    write("said", milestoneText(line));
  }

  private event(line: Line): void {
    if (line.kind === "fault") this.broke(line);
    if (line.kind === "rollback") this.rolledBack(line);
    if (line.kind === "abort") this.stopping(inert(line.text));
    const twice = [...this.saidByMilestones].some(begin => line.text?.startsWith(begin));
    if (twice && (line.kind === "failover" || line.kind === "recover")) return;
    this.list(line);
  }

  private broke(line: Line): void {
    const others = this.changes().filter(each => each.getAttribute("data-ref") !== inert(line.ref));
    this.inForce([...others, changeItem(line)]);
  }

  /** Only what is surely gone goes; everything else keeps what was said about it. */
  private rolledBack(line: Line): void {
    const change = this.changes().find(each => each.getAttribute("data-ref") === inert(line.ref));
    if (!change) return;
    const gone = line.text?.startsWith("undone: ") || line.text?.startsWith("left as it is, as was accepted: ");
    if (gone) this.inForce(this.changes().filter(each => each !== change));
    else change.replaceChildren(element("b", { class: "w-fail" }, inert(line.text)));
  }

  private stopping(why: string): void {
    write("stopping-why", why);
    place("stopping").hidden = false;
    document.querySelector(".abort")?.remove();
    write("said", `Everything is being undone: ${why}`);
  }

  private changes(): Element[] {
    return [...place("in-force").children];
  }

  private inForce(items: Element[]): void {
    place("in-force").replaceChildren(...items);
    place("none-in-force").hidden = items.length > 0;
  }

  private progress(line: Line): void {
    if (typeof line.text === "string") write("doing", inert(line.text));
    if (typeof line.phase === "string") write("phase", inert(line.phase) || "Running");
    if (typeof line.step === "number") this.steps(line.step);
    if (Array.isArray(line.in_force)) this.inForce(line.in_force.map(changeItem));
    if (Array.isArray(line.users)) place("users").replaceChildren(...line.users.map(usersItem));
  }

  private steps(now: number): void {
    [...place("steps").children].forEach((step, index) => {
      step.className = index < now ? "done" : index === now ? "now" : "ahead";
      if (index === now) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
  }

  private list(line: Line): void {
    const rows = place("events");
    rows.prepend(eventRow(line, this.started));
    while (rows.children.length > MOST_EVENTS) rows.lastElementChild?.remove();
  }

  private end(line: Line): void {
    this.tick();
    this.over = true;
    const status = inert(line.status ?? line.verdict?.status);
    const [css, sign, word] = VERDICTS.get(status) ?? ["grey", "?", "Unknown verdict"];
    const text = element("p", {});
    const verdict = element("b", { class: "w-" + css });
    verdict.append(element("span", { "aria-hidden": "true" }, sign), " " + word);
    text.append(verdict, ` ${inert(line.headline ?? line.verdict?.headline)} `,
                element("a", { href: this.root.dataset.report ?? "" }, "Read the report"));
    place("over").replaceChildren(text);
    place("over").hidden = false;
    write("phase", "Over");
    write("doing", "");
    place("stopping").hidden = true;
    document.querySelector(".abort")?.remove();
    write("said", `The run is over: ${word}.`);
  }
}

/** What is no object says nothing; the next line does. */
function read(text: string): Line | null {
  try {
    const line = JSON.parse(text);
    return typeof line === "object" ? line : null;
  } catch {
    return null;
  }
}

function follow(page: LivePage, address: string): void {
  const source = new EventSource(address);
  source.addEventListener("open", () => write("link", "Following the run as it happens."));
  source.addEventListener("message", message => {
    const line = read(message.data);
    if (line) page.take(line);
    if (!page.over) return;
    source.close();
    write("link", "The run is over.");
  });
  source.addEventListener("error", () => write("link", source.readyState === EventSource.CLOSED
    ? "The server has ended the stream. Load the page anew."
    : "The connection is lost; trying again."));
}

function start(): void {
  const root = document.getElementById("live");
  if (!root || !location.protocol.startsWith("http")) return;
  const page = new LivePage(root);
  setInterval(() => page.tick(), REDRAW_MS);
  follow(page, root.dataset.events ?? "");
}

start();
