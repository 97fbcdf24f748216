// The row that is shown, and what stands above its texts.

import { factsOf, fieldsOf, moreOf, reading, saidBy } from "./row.js";
import { $, decisions, items, list, standing, state, unsent } from "./state.js";
import { notice, tell } from "./tell.js";
import { element } from "./text.js";
import { conflict, refused } from "./trouble.js";
import { same } from "./unsent.js";

// after news; a box that is written in stays as it is
export function update() {
  list.redraw();
  if (items.has(state.current)) {
    if (state.editor) $("top").replaceChildren(...top());
    else drawRow();
  }
  tell();
}

export function drawBlank(text) {
  $("heading").textContent = text;
  $("row").replaceChildren();
  buttons();
}

export function drawRow() {
  const item = items.get(state.current);
  $("heading").textContent = list.index < 0 ? "Row" : `Row ${list.index + 1} of ${list.ids.length}`;
  const nodes = state.editor?.nodes ?? fieldsOf(item, reading(item, standing(item.id)?.targets));
  $("row").replaceChildren(element("div", { id: "top" }, top()), ...nodes, ...moreOf(item));
  buttons();
}

export function focusRow() {
  const at = document.activeElement;
  if (!state.editor && at !== $("rows") && !$("bar").contains(at)) $("heading").focus({ preventScroll: true });
}

// opens or closes the question for the reason
export function askWhy(open) {
  if ($("why").hidden === !open) return;
  const within = $("why").contains(document.activeElement);
  $("why").hidden = !open;
  $("bar").querySelector("[data-does=reject]").setAttribute("aria-expanded", open);
  if (open) $("why").focus();
  else if (within) focusRow();
}

function top() {
  const item = items.get(state.current);
  const entry = unsent.of(item.id);
  const decision = standing(item.id);
  return [
    ...factsOf(item),
    decision && element("p", { class: "standing" }, saidBy(decision), decision === entry && element("span", { class: "unsaved" }, " not saved yet")),
    entry?.newest && conflict(item, entry, decisions.get(item.id) ?? entry.newest),
    entry?.refused && refused(entry),
    state.editor ? overtaken(decision, state.editor.base) : unfinished(item),
  ].filter(Boolean);
}

function overtaken(decision, { version, tried }) {
  const other = decision?.version > version && !tried.some((said) => same(said, decision));
  return other && notice("This row was decided while you wrote. What you write stays; when you save, you see both.");
}

function unfinished(item) {
  const draft = state.drafts.of(item.id);
  const drop = () => (state.drafts.drop(item.id), drawRow(), focusRow());
  return draft && Object.keys(draft.targets).length > 0 && notice("You began to correct this row. ",
    element("button", { type: "button", "data-does": "correct" }, "Go on"), " ",
    element("button", { type: "button", onclick: drop }, "Throw it away"));
}

function buttons() {
  document.body.classList.toggle("writing", Boolean(state.editor));
  for (const button of $("bar").querySelectorAll(".deciding button")) button.disabled = !items.has(state.current);
}
