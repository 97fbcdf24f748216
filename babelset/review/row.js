// One row on the page: its fields, segment by segment, source and target side by side.

import { element, lines, marked, VERDICTS, visible } from "./text.js";

const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export function segmentsOf(item) {
  return item.fields.flatMap((field) => field.parts).filter((part) => typeof part !== "string");
}

// `target(part)` makes the node of a target: a text to read, or one to write in
export function fieldsOf(item, target) {
  return item.fields.map((field) => element("div", { class: "field" },
    element("h3", {}, element("bdi", {}, visible(field.name)), field.role === field.name ? null : element("span", { class: "quiet" }, " ", element("bdi", {}, visible(field.role)))),
    field.torn && element("p", { class: "quiet" }, "The text between these segments is not known."),
    lines(field.parts).map((line) => line.part ? pair(item, line, target) : element("pre", { class: "verbatim", dir: "auto", translate: "no" }, visible(line.block)))));
}

function pair(item, { part, before, after, apart }, target) {
  const around = (text) => text && element("span", { class: "verbatim", translate: "no" }, visible(text));
  const source = element("div", { class: "text", lang: item.source_lang, dir: item.source_dir }, around(before), marked(part.source, part.keeps), around(after));
  const remarks = [...part.flags, part.reason, ...part.notes.map(([check, note]) => `${check}: ${note}`)].filter(Boolean);
  return element("div", { class: apart ? "pair apart" : "pair" },
    element("div", { class: "side" }, element("p", { class: "vh" }, item.source_name), source),
    element("div", { class: "side" }, element("p", { class: "vh" }, item.target_name), target(part, around(before), around(after)),
      remarks.map((remark) => element("p", { class: "remark" }, element("bdi", {}, visible(remark))))));
}

// a target to read: as translated, or as `targets` has it
export function reading(item, targets = {}) {
  return (part, before, after) => {
    const text = targets[part.segment] ?? part.target;
    if (text === null) return element("p", { class: "none" }, "no translation");
    const shown = element("div", { class: "text", lang: item.target_lang, dir: item.target_dir }, before, marked(text, part.keeps), after);
    if (!(part.segment in targets)) return shown;
    const was = part.target === null ? "nothing" : element("bdi", { lang: item.target_lang, dir: item.target_dir }, visible(part.target));
    return element("div", { class: "changed" }, shown, element("p", { class: "remark" }, "was: ", was));
  };
}

// what is known about the row, above its texts
export function factsOf(item) {
  const badge = (text, kind = "") => element("span", { class: `badge ${kind}` }, element("bdi", {}, visible(text)));
  return [
    element("p", { class: "facts" },
      badge(`${item.source_name} → ${item.target_name}`), badge(`${item.status} by the checks`, item.status),
      item.kinds.filter((kind) => kind !== "random").map((kind) => badge(kind)), item.engine && badge(`by ${item.engine}`),
      element("span", { class: "place" }, element("bdi", {}, visible(`${item.run} · ${item.place}`)))),
    item.reasons.length > 0 && element("ul", { class: "reasons" }, item.reasons.map(([check, reason]) =>
      element("li", {}, element("b", {}, visible(check)), " ", element("bdi", {}, visible(reason))))),
  ];
}

// below its texts: other translations, and the scores
export function moreOf(item) {
  const scores = Object.entries(item.scores).sort();
  const others = item.alternatives.map(([label, text]) => [
    element("h4", {}, element("bdi", {}, visible(label))),
    element("div", { class: "text", lang: item.target_lang, dir: item.target_dir }, visible(text)),
  ]);
  return [
    others.length > 0 && element("details", { class: "others" }, element("summary", {}, `Other translations (${others.length})`), others),
    element("p", { class: "scores" }, scores.map(([name, score]) =>
      element("span", {}, element("bdi", {}, visible(name)), ` ${score === null ? "–" : NUMBER.format(score)}`))),
  ].filter(Boolean);
}

export function time(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

// "✎ corrected by Anna, 13:05"
export function saidBy(decision) {
  const { sign, word } = VERDICTS[decision.verdict];
  const at = decision.at && time(decision.at);
  const who = element("bdi", {}, visible(decision.reviewer));
  return element("span", { class: "said" },
    element("b", { class: decision.verdict }, element("span", { "aria-hidden": "true" }, `${sign} `), decision.verdict === "open" ? "taken back" : word),
    " by ", who, at ? `, ${at}` : "", decision.reason ? [": ", element("bdi", {}, visible(decision.reason))] : "");
}
