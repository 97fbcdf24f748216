// What needs the server, and rows that are loaded ahead, to go on with while it is away.

import { ask, Away } from "./ask.js";
import { items, learn, list, state, who } from "./state.js";
import { tell } from "./tell.js";

const KEPT = 60; // rows held in memory
const AHEAD = 20; // rows loaded ahead

// does what needs the server; without it, says so
export async function attemptNow(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    state.away = error;
    tell();
    return false;
  }
}

export async function load(id) {
  const { status, data } = await ask(`items/${id}?reviewer=${encodeURIComponent(who.name)}`);
  if (status !== 200) throw new Away(data.error);
  items.set(id, data.item);
  learn(data.decision);
  state.drafts.learn(id, data.draft);
  if (items.size > KEPT) items.delete([...items.keys()].find((other) => other !== state.current));
}

// the next rows, one after the other
export async function loadAhead() {
  const { index, ids } = list;
  for (const id of ids.slice(index + 1, index + 1 + AHEAD)) {
    if (list.index !== index || state.away) return;
    if (!items.has(id)) await load(id);
  }
}
