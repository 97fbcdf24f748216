// From row to row.

import { ask } from "./ask.js";
import { correct, leave } from "./correcting.js";
import { askWhy, drawBlank, drawRow, focusRow } from "./draw.js";
import { attempt } from "./keep.js";
import { attemptNow, load, loadAhead } from "./load.js";
import { $, items, list, listed, state, verdict } from "./state.js";
import { plural, say, tellHere } from "./tell.js";
import { VERDICTS } from "./text.js";

// asks for the rows that match; the list then keeps its places while they are decided
export async function relist() {
  const query = new URLSearchParams({ status: $("status").value, search: $("search").value.trim(), sort: $("sort").value });
  relist.wanted = String(query);
  const { status, data } = await ask(`list?${query}`);
  if (status !== 200 || relist.wanted !== String(query)) return; // asked anew meanwhile
  relist.wanted = null;
  for (const [id, found] of data) listed.set(id, found);
  const ids = data.map(([id]) => id);
  list.set(ids);
  $("count").textContent = plural(ids.length, "row");
  const last = state.current ?? attempt(() => sessionStorage.getItem("babelset:row"));
  if (list.places.has(last) && last === state.current) list.select(last);
  else await show(list.places.has(last) ? last : ids.find((id) => verdict(id) === "open") ?? ids[0] ?? null);
}

export async function show(id) {
  leave();
  askWhy(false);
  tellHere("");
  state.current = id;
  if (id) attempt(() => sessionStorage.setItem("babelset:row", id));
  document.body.dataset.view = "row";
  list.select(id);
  if (id && !items.has(id)) {
    drawBlank("Loading");
    if (!await attemptNow(() => load(id)) && state.current === id) drawBlank("This row is not loaded yet. It comes when the server answers again.");
  }
  if (state.current !== id) return;
  if (!id) drawBlank("No row matches.");
  else if (items.has(id)) {
    drawRow();
    $("sheet").scrollTop = 0;
    $("heading").scrollIntoView({ block: "nearest" }); // where the window is too low for a pane of its own
    if (state.drafts.interrupted(id)) correct();
    attemptNow(loadAhead);
  }
}

export async function goTo(id) {
  await show(id);
  focusRow();
  say(`${VERDICTS[verdict(id)].word}, ${$("heading").textContent}`);
}

export function step(by) {
  const id = list.ids[list.index + by];
  return id ? goTo(id) : tellHere(by > 0 ? "This is the last row." : "This is the first row.");
}

// the next open row, after the last one the first
export async function onward() {
  const { ids, index } = list;
  const id = [...ids.slice(index + 1), ...ids.slice(0, index + 1)].find((id) => verdict(id) === "open");
  if (id) return goTo(id);
  if (items.has(state.current)) drawRow();
  focusRow();
  return tellHere(state.left ? "No row of this list is open any more. Show all rows to find the others." : "No row is open any more.");
}
