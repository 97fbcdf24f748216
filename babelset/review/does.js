// What the reviewer does with a row.

import { correct, draftOf, leave } from "./correcting.js";
import { askWhy, drawRow, focusRow } from "./draw.js";
import { onward, show } from "./go.js";
import { attemptNow } from "./load.js";
import { segmentsOf } from "./row.js";
import { $, base, decided, decisions, items, standing, state, unsent, verdict, who } from "./state.js";
import { say, tellHere } from "./tell.js";
import { VERDICTS } from "./text.js";

function decide(id, verdict, { reason = "", targets = {} } = {}, on = base(id)) {
  decided.push(id);
  unsent.say(id, { verdict, reason, targets, reviewer: who.name }, on);
  attemptNow(() => unsent.send());
  say(verdict === "open" ? "taken back" : VERDICTS[verdict].word);
}

export function accept() {
  const id = state.current;
  if (segmentsOf(items.get(id)).some((part) => part.target === null)) return tellHere("A part of this row has no translation: correct it, or reject the row.");
  if (verdict(id) === "correct") return tellHere("This row is corrected, which counts as accepted. To accept the earlier text, undo first.");
  decide(id, "accept");
  return onward();
}

export function reject(reason) {
  $("own").reset();
  askWhy(false);
  decide(state.current, "reject", { reason });
  return onward();
}

export function goBack() {
  leave();
  drawRow();
  focusRow();
}

export function save() {
  const { editor, current } = state;
  const { targets, blank, wrong } = editor;
  if (blank) {
    blank.focus();
    return tellHere("A segment has no translation: write one.");
  }
  if (!Object.keys(targets).length) return tellHere("Nothing is changed. Go back, and accept the row as it is.");
  const warned = JSON.stringify(wrong.map((part) => [part.segment, targets[part.segment]]));
  if (wrong.length && editor.warned !== warned) {
    editor.warned = warned;
    editor.box(wrong[0]).focus();
    return tellHere("A marked text is missing or appears too often: such a row is rejected later. Correct it, or save again to keep it.");
  }
  state.editor = null;
  state.drafts.drop(current);
  decide(current, "correct", { targets }, editor.base);
  return onward();
}

// takes back the decision on this row, or the last one
export async function undo() {
  let id = state.current;
  while (id && verdict(id) === "open") id = decided.pop();
  if (!id) return tellHere("There is no decision to take back.");
  const { verdict: taken, targets } = standing(id) ?? {};
  decide(id, "open");
  decided.pop();
  if (taken === "correct") draftOf(id, targets, base(id), false);
  await show(id);
  return focusRow();
}

// where two decided on the row: mine counts, or the other's
export function takeMine() {
  const entry = unsent.of(state.current);
  decide(entry.item, entry.verdict, entry, { ...base(entry.item), version: decisions.get(entry.item).version });
}

export function takeTheirs() {
  unsent.drop(unsent.of(state.current));
  focusRow();
}

// a decision that does not count: writes it anew
export function decideAgain() {
  const entry = unsent.of(state.current);
  const on = { ...base(entry.item), over: null };
  unsent.drop(entry);
  if (entry.verdict !== "correct") return focusRow();
  draftOf(entry.item, entry.targets, on, true);
  return correct();
}
