// Buttons, which are only on the page where the script runs.

export function element(tag: string, attributes: Record<string, string>, text = ""): HTMLElement {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.textContent = text;
  return made;
}

export interface Choice { name: string; choose(): void; chosen(): boolean }

/** A row of buttons of which one is pressed; `refresh` looks again which. */
export class Choices {
  readonly root: HTMLElement;
  private readonly buttons: [HTMLElement, Choice][];

  constructor(label: string, choices: Choice[]) {
    this.root = element("div", { "class": "choices", "role": "group", "aria-label": label });
    this.buttons = choices.map(choice => {
      const button = element("button", { type: "button" }, choice.name);
      button.addEventListener("click", () => choice.choose());
      this.root.append(button);
      return [button, choice];
    });
    this.refresh();
  }

  refresh(): void {
    for (const [button, choice] of this.buttons) button.setAttribute("aria-pressed", String(choice.chosen()));
  }
}

const THEMES = ["auto", "dark", "light"];

/** Automatic follows the viewer's own setting; nothing is stored. */
export function addThemeButton(): void {
  let theme = 0;
  const button = element("button", { type: "button", class: "theme" });
  const show = (): void => {
    button.textContent = "Theme: " + THEMES[theme];
    if (theme === 0) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = THEMES[theme];
  };
  button.addEventListener("click", () => {
    theme = (theme + 1) % THEMES.length;
    show();
  });
  show();
  document.querySelector(".top")?.append(button);
}
