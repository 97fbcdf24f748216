// How far all are, whether everything is saved, and what needs the reviewer.

import { $, confirmed, keep, state, unsent } from "./state.js";
import { element } from "./text.js";
import { troubled } from "./unsent.js";

let told = "";

export function tell() {
  const waiting = unsent.entries.filter((entry) => !troubled(entry));
  if (state.progress) tellProgress(waiting);
  write($("saved"), state.away ? "Not saved yet" : waiting.length ? "Saving" : "Everything is saved");
  $("saved").classList.toggle("not", Boolean(state.away));
  const notices = [...away(waiting.length), ...troubles(), ...others()];
  const text = notices.map((notice) => notice.textContent).join("\n");
  if (told !== text) $("notices").replaceChildren(...notices);
  told = text;
}

function tellProgress(waiting) {
  const { items, open } = state.progress;
  const added = waiting.map(({ item, verdict }) => (verdict !== "open") - (confirmed(item) !== "open"));
  const done = added.reduce((sum, one) => sum + one, items - open);
  state.left = items - done;
  $("progress").max = items;
  $("progress").value = done;
  write($("done"), `${done.toLocaleString("en")} of ${items.toLocaleString("en")} done`);
}

function away(count) {
  if (!state.away) return [];
  const wait = count ? `Not saved yet: ${count === 1 ? "1 decision waits" : `${count} decisions wait`}. ` : "";
  const [first, ...more] = state.away.message;
  return [notice(`${wait}${first.toUpperCase()}${more.join("")}. Go on with the rows that are loaded: your work is kept in this browser, and saved as soon as that is possible.`)];
}

function troubles() {
  const elsewhere = unsent.entries.filter((entry) => troubled(entry) && entry.item !== state.current);
  return elsewhere.map((entry) => notice(entry.newest ? "A row was decided twice. " : "A decision could not be saved. ", button("Show it", "show", entry.item)));
}

function others() {
  return [
    state.lossy && notice("Saved, with a marked text that is lost or doubled. ", button("Look again", "goTo", state.lossy)),
    keep.refused && notice("This browser keeps nothing: leave this page open until everything is saved."),
    state.left === 0 && !unsent.entries.length && notice("Every row is decided. Close this page, end the program in its terminal with Ctrl-C, and run the command that it prints."),
  ].filter(Boolean);
}

export function notice(...children) {
  return element("p", { class: "warning" }, ...children);
}

function button(text, does, id) {
  return element("button", { type: "button", "data-does": does, "data-id": id }, text);
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text; // a screen reader says what is written anew
}

// beside the buttons, for all to see
export function tellHere(text) {
  $("said").textContent = text;
}

// for screen readers
export function say(text) {
  $("live").textContent = "";
  setTimeout(() => ($("live").textContent = text), 50); // the same words twice are said twice
}

export function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
