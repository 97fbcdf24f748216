// What the reviewer is told when two decided on one row, or when the server refused a decision.

import { element, VERDICTS, visible } from "./text.js";
import { reading, saidBy, segmentsOf } from "./row.js";

// both versions
export function conflict(item, mine, theirs) {
  const numbers = new Set([...Object.keys(mine.targets), ...Object.keys(theirs.targets)]);
  const parts = segmentsOf(item).filter((part) => numbers.has(String(part.segment)));
  const version = (title, decision, pick, does) => element("section", { class: "version" },
    element("h4", {}, title), element("p", {}, saidBy(decision)),
    parts.map((part) => reading(item, decision.verdict === "correct" ? decision.targets : {})(part)),
    element("p", {}, element("button", { type: "button", "data-does": does }, pick)));
  const corrected = mine.verdict === "correct" && element("p", {}, element("button", { type: "button", "data-does": "decideAgain" }, "Keep writing mine"));
  return element("div", { class: "warning", role: "group", "aria-labelledby": "conflict-h" },
    element("h3", { id: "conflict-h" }, "This row was decided twice"),
    element("p", {}, "Yours came second and does not count yet. Choose the one to keep; both stay on record."),
    element("div", { class: "versions" },
      version("Yours", mine, "Take mine", "takeMine"), version("The other", theirs, "Take the other", "takeTheirs")),
    corrected);
}

export function refused(entry) {
  return element("div", { class: "warning" },
    element("p", {}, `Your decision (${VERDICTS[entry.verdict].word}) could not be saved: `, element("bdi", {}, visible(entry.refused))),
    element("p", {}, element("button", { type: "button", "data-does": "decideAgain" }, entry.verdict === "correct" ? "Back to the correction" : "Decide again")));
}
