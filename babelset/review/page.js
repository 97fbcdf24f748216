// The page of a review: what its keys and buttons do, and its beginning.

import { correct } from "./correcting.js";
import { accept, decideAgain, goBack, reject, save, takeMine, takeTheirs, undo } from "./does.js";
import { askWhy, drawBlank, focusRow } from "./draw.js";
import { Drafts } from "./drafts.js";
import { goTo, onward, relist, show, step } from "./go.js";
import { tabName } from "./keep.js";
import { listen } from "./keys.js";
import { attemptNow } from "./load.js";
import { $, items, keep, list, state, unsent, who } from "./state.js";
import { poll } from "./sync.js";
import { tellHere } from "./tell.js";
import { element } from "./text.js";

const REASONS = ["wrong meaning", "unnatural", "wrong language", "untranslated", "terminology", "format broken", "source is bad"];
const SEARCHED = 250; // ms after the last key

const actions = {
  accept: () => ready() && accept(),
  reject: () => ready() && askWhy($("why").hidden),
  noReject: () => askWhy(false),
  correct: () => ready() && correct(),
  undo,
  save: () => state.editor && save(),
  back: () => state.editor && goBack(),
  takeMine,
  takeTheirs,
  decideAgain,
  show,
  goTo,
  next: () => step(1),
  previous: () => step(-1),
  first: () => goTo(list.ids[0]),
  last: () => goTo(list.ids.at(-1)),
  open: onward,
  row: () => (look("row"), $("heading").focus()),
  list: () => (look("list"), list.select(state.current), $("rows").focus()),
  search: () => (look("list"), $("search").focus(), $("search").select()),
  endSearch: () => (($("search").value = ""), attemptNow(relist), actions.row()),
  help: () => $("help").showModal(),
};

function ready() {
  return items.has(state.current) && !state.editor;
}

function look(view) {
  document.body.dataset.view = view; // where there is room for one of them only
}

// `id` where the action is not on the row that is shown
function act(name, id) {
  tellHere("");
  actions[name](id);
}

function wireReasons() {
  const own = $("own").querySelector("input");
  const choices = [...REASONS.map((reason) => [reason, () => reject(reason)]), ["other", () => own.focus()]];
  $("reasons").append(...choices.map(([text, onclick], index) =>
    element("button", { type: "button", onclick }, `${text} `, element("kbd", {}, String(index + 1)))));
  submitted($("own"), () => reject(own.value.trim() || "other"));
  $("no-reject").addEventListener("click", () => askWhy(false));
}

function wireTools() {
  let pause;
  $("search").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => attemptNow(relist), SEARCHED);
  });
  for (const id of ["status", "sort"]) $(id).addEventListener("change", () => attemptNow(relist));
  submitted($("tools"), () => (attemptNow(relist), $("rows").focus()));
}

function wireButtons() {
  document.addEventListener("click", (event) => {
    const { does, id } = event.target.closest("button")?.dataset ?? {};
    if (does) act(does, id);
  });
  $("help-button").addEventListener("click", actions.help);
  $("keys").checked = keep.get("keys") ?? true;
  $("keys").addEventListener("change", () => keep.set("keys", $("keys").checked));
  const pick = (digit) => $("reasons").children[digit - 1]?.click();
  listen({ act, pick, state, wanted: () => $("keys").checked });
}

function wireWindow() {
  window.addEventListener("storage", (event) => event.key?.startsWith(`${keep.prefix}unsent:`) && unsent.update());
  window.addEventListener("resize", () => state.editor?.fit());
  window.addEventListener("online", poll);
  window.addEventListener("beforeunload", (event) => {
    if (unsent.entries.length || state.drafts.unsent) event.preventDefault();
  });
}

function submitted(form, action) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    action();
  });
}

drawBlank("Loading");
await who.known();
list.chosen = show;
state.drafts = new Drafts(keep, tabName(), () => who.name);
wireReasons();
wireTools();
wireButtons();
wireWindow();
relist.wanted = "all";
await poll();
await attemptNow(relist);
focusRow();
