// The list of rows: only those in sight are in the page, and only what they show is asked for.

import { ask, Away } from "./ask.js";
import { element, VERDICTS, visible } from "./text.js";

const ASKED = 50; // rows at a time
const BEYOND = 8; // rows drawn above and below those in sight

export class List {
  // verdict(id) tells the state of a row; chosen(id) is called when the reviewer goes to one
  constructor(root, verdict) {
    Object.assign(this, { root, verdict, chosen: () => {}, ids: [], places: new Map(), index: -1 });
    this.summaries = new Map();
    this.asked = new Set();
    this.drawn = new Map();
    this.space = element("div", { role: "presentation" });
    root.append(this.space);
    root.addEventListener("scroll", () => this.draw(), { passive: true });
    root.addEventListener("click", (event) => this.#clicked(event.target.closest("[role=option]")));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  set(ids) {
    this.ids = ids;
    this.places = new Map(ids.map((id, index) => [id, index]));
    this.index = -1;
    this.root.scrollTop = 0;
    this.redraw();
  }

  // puts the row in sight; -1 where it is not in the list
  select(id) {
    this.index = this.places.get(id) ?? -1;
    const top = this.index * this.height;
    const { scrollTop, clientHeight } = this.root;
    if (this.index >= 0 && (top < scrollTop || top + this.height > scrollTop + clientHeight)) {
      this.root.scrollTop = top - clientHeight / 3;
    }
    this.redraw();
    return this.index;
  }

  get height() {
    return 3.75 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  redraw() {
    for (const [index, option] of this.drawn) {
      if (index < this.ids.length) this.#fill(option, index);
    }
    this.draw();
  }

  draw() {
    const { height, root } = this;
    this.space.style.height = `${this.ids.length * height}px`;
    const first = Math.max(0, Math.floor(root.scrollTop / height) - BEYOND);
    const last = Math.min(this.ids.length, Math.ceil((root.scrollTop + root.clientHeight) / height) + BEYOND);
    for (const [index, option] of this.drawn) {
      if (index < first || index >= last) {
        option.remove();
        this.drawn.delete(index);
      }
    }
    for (let index = first; index < last; index++) {
      if (!this.drawn.has(index)) this.#put(index, height);
    }
    const active = this.drawn.get(this.index);
    if (active) root.setAttribute("aria-activedescendant", active.id);
    else root.removeAttribute("aria-activedescendant");
    this.#ask(first, last);
  }

  #put(index, height) {
    const option = element("div", { role: "option" });
    option.style.transform = `translateY(${index * height}px)`;
    this.#fill(option, index);
    this.drawn.set(index, option);
    this.space.append(option);
  }

  // the same node for the same place: what is drawn anew under a finger could not be clicked
  #fill(option, index) {
    const id = this.ids[index];
    option.id = `row-${id}`;
    option.dataset.id = id;
    option.setAttribute("aria-posinset", index + 1);
    option.setAttribute("aria-setsize", this.ids.length);
    option.setAttribute("aria-selected", index === this.index);
    option.replaceChildren(...this.#words(id));
  }

  #words(id) {
    const summary = this.summaries.get(id);
    const { sign, word } = VERDICTS[this.verdict(id)];
    const mark = element("span", { class: `sign ${this.verdict(id)}` }, element("span", { "aria-hidden": "true" }, sign), element("span", { class: "vh" }, word));
    if (!summary) return [mark, element("span", { class: "quiet" }, "…")];
    const kinds = summary.kinds.filter((kind) => kind !== "random").join(", ");
    return [
      mark,
      element("span", { class: "place" }, element("bdi", {}, visible(summary.place)), kinds && ` · ${kinds}`),
      element("bdi", { class: "excerpt", dir: "auto" }, visible(summary.excerpt)),
    ];
  }

  #clicked(option) {
    if (option) this.chosen(option.dataset.id);
  }

  async #ask(first, last) {
    const from = Math.floor(first / ASKED) * ASKED;
    for (let start = from; start < last; start += ASKED) {
      const ids = this.ids.slice(start, start + ASKED).filter((id) => !this.summaries.has(id) && !this.asked.has(id));
      if (!ids.length) continue;
      ids.forEach((id) => this.asked.add(id));
      try {
        const { data } = await ask(`summaries?ids=${ids.join(",")}`);
        for (const summary of data) this.summaries.set(summary.id, summary);
        this.redraw();
      } catch (error) {
        if (!(error instanceof Away)) throw error;
      } finally {
        ids.forEach((id) => this.asked.delete(id));
      }
    }
  }
}
