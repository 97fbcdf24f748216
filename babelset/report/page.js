"use strict";
for (const group of document.querySelectorAll(".samples")) {
  const tools = group.querySelector(".tools");
  const search = tools.querySelector("input");
  const kind = tools.querySelector(".kind");
  const order = tools.querySelector(".order");
  const count = tools.querySelector("output");
  const samples = [...group.querySelectorAll(".sample")];
  const texts = new Map(samples.map((sample) => [sample, folded(sample.textContent)]));

  function show() {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const sample of samples) {
      const { kinds, status } = sample.dataset;
      const fits = !kind.value || status === kind.value || kinds.split(" ").includes(kind.value);
      sample.hidden = !(fits && words.every((word) => texts.get(sample).includes(word)));
      shown += sample.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${samples.length}`;
  }

  function sort() {
    const rank = (sample) => Number(sample.dataset[order.value] ?? Infinity);
    const sorted = order.value ? [...samples].sort((a, b) => rank(a) - rank(b) || 0) : samples;
    group.append(...sorted);
  }

  search.addEventListener("input", show);
  kind.addEventListener("change", show);
  order.addEventListener("change", sort);
  tools.hidden = false;
}

function folded(text) {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}
