// Adds interaction to a page that is complete without it.
import { addThemeButton } from "./controls";
import { readData } from "./data";
import { View } from "./view";

function listenToKeys(chart: HTMLElement, view: View): void {
  const keys: Record<string, (event: KeyboardEvent) => void> = {
    ArrowLeft: event => view.step(event.shiftKey ? -10 : -1),
    ArrowRight: event => view.step(event.shiftKey ? 10 : 1),
    m: () => view.nextMilestone(),
    M: () => view.nextMilestone(),
    "+": () => view.zoom(0.5),
    "=": () => view.zoom(0.5),
    "-": () => view.zoom(2),
    Escape: () => view.out(),
  };
  chart.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.keys(keys).includes(event.key)) return;
    event.preventDefault();
    keys[event.key](event);
  });
}

function listenToPointer(chart: HTMLElement, view: View): void {
  let asked = 0;
  const follow = (event: PointerEvent): void => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      const instant = view.instantAt(event.clientX);
      if (instant !== null) view.point(instant);
    });
  };
  chart.addEventListener("pointermove", follow);
  chart.addEventListener("pointerdown", follow);
  chart.addEventListener("pointerleave", event => {
    if (event.pointerType !== "mouse" || document.activeElement === chart) return;
    cancelAnimationFrame(asked);
    view.point(null);
  });
}

function startHero(): void {
  const source = document.getElementById("page-data");
  const section = document.querySelector(".hero-s");
  const chart = section?.querySelector<HTMLElement>(".chart");
  if (!source || !section || !chart) return;
  const view = new View(readData(source.textContent ?? ""), section, chart);
  chart.tabIndex = 0;
  chart.setAttribute("role", "application");
  chart.setAttribute("aria-label", "What users saw, second by second; arrow keys move a cursor that reads it out");
  listenToKeys(chart, view);
  listenToPointer(chart, view);
}

/** What scrolls sideways must be reachable by keys, and nothing else. */
function letScrollersBeReached(): void {
  new ResizeObserver(() => {
    document.querySelectorAll(".scroll, pre").forEach(each => {
      if (each.scrollWidth > each.clientWidth) each.setAttribute("tabindex", "0");
      else each.removeAttribute("tabindex");
    });
  }).observe(document.body);
}

addThemeButton();
letScrollersBeReached();
startHero();
