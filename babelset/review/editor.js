// The targets of a row as boxes to write in.

import { element, keptWrong } from "./text.js";
import { fieldsOf, reading, segmentsOf } from "./row.js";

const MOST = 100_000; // characters of a target that can be corrected

export class Editor {
  // `targets` is what was written before; typed(targets) is called at every key
  constructor(item, targets, typed) {
    Object.assign(this, { item, typed, boxes: new Map() });
    this.nodes = fieldsOf(item, (part, before, after) => this.#box(part, targets[part.segment] ?? part.target ?? "", before, after));
    this.parts = segmentsOf(item).filter((part) => this.boxes.has(part.segment));
    for (const part of this.parts) this.#look(part);
  }

  // grow to the text, once the boxes are in the page
  fit() {
    for (const { box } of this.boxes.values()) fit(box);
  }

  focus() {
    const boxes = [...this.boxes.values()];
    const { box } = boxes.find(({ box }) => !box.value.trim()) ?? boxes[0] ?? {};
    if (!box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  // what differs from the translation, by the number of the segment
  get targets() {
    const changed = this.parts.filter((part) => this.#value(part) !== newlines(part.target ?? ""));
    return Object.fromEntries(changed.map((part) => [part.segment, this.#value(part)]));
  }

  get blank() {
    return [...this.boxes.values()].find(({ box }) => !box.value.trim())?.box;
  }

  // segments that lost or doubled a kept text
  get wrong() {
    return this.parts.filter((part) => keptWrong(part, this.#value(part)).length);
  }

  box(part) {
    return this.boxes.get(part.segment).box;
  }

  #value(part) {
    return this.box(part).value;
  }

  #box(part, text, before, after) {
    if (text.length > MOST) return reading(this.item)(part, before, after);
    const trouble = element("div", { class: "trouble", id: `trouble-${part.segment}`, "aria-live": "polite" });
    const box = element("textarea", {
      lang: this.item.target_lang, dir: this.item.target_dir, rows: 1, spellcheck: "true", maxlength: MOST,
      "aria-label": `Translation of segment ${part.segment + 1}, ${this.item.target_name}`,
      "aria-describedby": trouble.id,
      oninput: () => {
        fit(box);
        this.#look(part);
        this.typed(this.targets);
      },
    });
    box.value = text;
    this.boxes.set(part.segment, { box, trouble });
    const around = (node) => node && element("div", { class: "text", dir: this.item.target_dir }, node);
    return element("div", { class: "box" }, around(before), box, around(after), trouble);
  }

  // says at once which kept texts are missing, and puts them back at the cursor
  #look(part) {
    const { box, trouble } = this.boxes.get(part.segment);
    const wrong = keptWrong(part, box.value);
    box.setAttribute("aria-invalid", wrong.length > 0);
    const said = JSON.stringify(wrong);
    if (trouble.dataset.said === said) return; // a screen reader would say it at every key
    trouble.dataset.said = said;
    trouble.replaceChildren(...wrong.map(({ kept, found, wanted }) => element("p", {},
      element("mark", { dir: "auto", translate: "no" }, kept),
      found < wanted ? " is missing " : ` appears ${found} times, in the source ${wanted === 1 ? "once" : `${wanted} times`} `,
      found < wanted ? element("button", { type: "button", "aria-label": `Insert ${kept}`, onclick: () => insert(box, kept) }, "Insert") : null)));
  }
}

function fit(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

function insert(box, text) {
  box.focus();
  // the one way that the browser's own undo knows of
  if (!document.execCommand("insertText", false, text)) {
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input"));
  }
}

function newlines(text) {
  return text.replace(/\r\n?/g, "\n"); // as the browser has them in a box
}
