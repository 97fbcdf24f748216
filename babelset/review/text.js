// Texts of rows become nodes here, and only as text: nothing in them is ever markup.

const NAMES = {
  "\u00ad": "SHY", "\u061c": "ALM", "\u180e": "MVS", "\u200b": "ZWSP", "\u200e": "LRM", "\u200f": "RLM", "\u2028": "LS",
  "\u2029": "PS", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u2060": "WJ",
  "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM",
};
// cannot be seen, or rearrange the text around them; joiners that Persian or Hindi are spelt with are not among them
const ODD = /((?![\n\t])[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff])/gu;

const MOST = 20_000; // characters of a text

export const VERDICTS = {
  open: { sign: "○", word: "open" },
  accept: { sign: "✓", word: "accepted" },
  reject: { sign: "✕", word: "rejected" },
  correct: { sign: "✎", word: "corrected" },
};

// element("p", { class: "quiet", onclick: act }, "text", node)
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(2).filter(Boolean));
  return made;
}

// the text with what cannot be seen made visible
export function visible(text) {
  return shortened(text, shown);
}

// the text with the kept texts in it marked; each stands in its own direction
export function marked(text, keeps) {
  const wanted = [...new Set(keeps)].filter(Boolean).sort((a, b) => b.length - a.length);
  if (!wanted.length) return visible(text);
  const any = new RegExp(`(${wanted.map((kept) => kept.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|")})`);
  return shortened(text, (part) => part.split(any).flatMap((piece, index) =>
    index % 2 ? element("mark", { dir: "auto", translate: "no" }, visible(piece)) : shown(piece)));
}

// the beginning of what is longer than anyone reads, or a browser draws in a moment; the rest when it is asked for
function shortened(text, nodes) {
  if (text.length <= MOST) return nodes(text);
  const cut = /[\ud800-\udbff]/.test(text[MOST - 1]) ? MOST - 1 : MOST; // not through a character
  const rest = () => more.replaceWith(...nodes(text.slice(cut)));
  const more = element("button", { type: "button", onclick: rest }, `Show ${(text.length - cut).toLocaleString("en")} more characters`);
  return [...nodes(text.slice(0, cut)), more];
}

function shown(text) {
  return text.replaceAll("\r\n", "\n").split(ODD).filter(Boolean).map((piece) => {
    if (!piece.match(ODD)) return piece;
    const code = piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return element("i", { class: "odd" }, `[${NAMES[piece] ?? `U+${code}`}]`);
  });
}

// kept texts that stand in a target too rarely or too often: [{ kept, found, wanted }]
export function keptWrong({ keeps, source }, target) {
  const wrong = [];
  for (const kept of new Set(keeps)) {
    const wanted = keeps.filter((other) => other === kept).length;
    const found = occurrences(target, kept);
    if (found < wanted || found > Math.max(wanted, occurrences(source, kept))) wrong.push({ kept, found, wanted });
  }
  return wrong;
}

function occurrences(text, piece) {
  return piece ? text.split(piece).length - 1 : 0;
}

// how the parts of a field stand on the page: [{ part, before, after, apart }] for segments, [{ block }] for what stands
// between them on lines of its own
export function lines(parts) {
  const found = [];
  let between = "";
  let first = true;
  const cut = (last) => {
    const rows = between.split("\n");
    const open = rows.length > 1;
    const after = first ? "" : open || last ? rows.shift() : "";
    const before = last ? "" : rows.pop() ?? "";
    const block = rows.join("\n");
    if (after.trim()) found.at(-1).after = after;
    if (block.trim()) found.push({ block: block.replace(/^\s*\n|\s+$/g, "") });
    between = "";
    return { before: before.trim() ? before : "", apart: open && !first };
  };
  for (const part of parts) {
    if (typeof part === "string") {
      between += part;
    } else {
      found.push({ ...cut(false), part, after: "" });
      first = false;
    }
  }
  cut(true);
  return found;
}
