// What this page knows: rows, decisions, and what is not saved yet.

import { Keep } from "./keep.js";
import { List } from "./list.js";
import { troubled, Unsent } from "./unsent.js";
import { Who } from "./who.js";

export const $ = (id) => document.getElementById(id);
export const keep = new Keep(document.body.dataset.review);
export const who = new Who(keep);
export const items = new Map(); // rows that are loaded, by id
export const decisions = new Map(); // the newest confirmed decision that is known of a row
export const listed = new Map(); // state of each row, when the list was made
export const decided = []; // rows that were decided on this page, the last one last
export const unsent = new Unsent(keep);
export const list = new List($("rows"), verdict);
export const state = {
  current: null, // id of the row that is shown
  editor: null, // while it is corrected
  drafts: null,
  away: null, // why nothing can be saved just now
  progress: null,
  left: null, // rows to decide
  lossy: null, // row that was saved with a kept text lost
};

export function confirmed(id) {
  return decisions.get(id)?.verdict ?? listed.get(id) ?? "open";
}

// the decision that counts, or will when it is saved
export function standing(id) {
  const entry = unsent.of(id);
  return entry && !troubled(entry) ? entry : decisions.get(id);
}

export function verdict(id) {
  return standing(id)?.verdict ?? confirmed(id);
}

// whether it is news
export function learn(decision) {
  if (!decision || decisions.get(decision.item)?.version >= decision.version) return false;
  decisions.set(decision.item, decision);
  return true;
}

// what a decision made now replaces
export function base(id) {
  return unsent.seen(id, decisions.get(id)?.version ?? 0);
}
