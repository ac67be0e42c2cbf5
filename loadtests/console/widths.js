// SPDX-License-Identifier: Apache-2.0
// Returns what scrolls sideways or is cut on the page as it stands.
() => {
  const faults = [];
  const name = (e) => e.tagName.toLowerCase() + (typeof e.className === "string" && e.className ? "." + e.className.trim().split(/\s+/).join(".") : "");
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push({ kind: "scroll", at: "page", by: root.scrollWidth - root.clientWidth });
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest(".hidden, [hidden], svg, template") || e.getClientRects().length === 0) continue;
    const style = getComputedStyle(e);
    // What only a screen reader is to find stands in a pixel.
    if (e.getBoundingClientRect().width <= 1 || e.parentElement.closest("[data-judged=no]")) {
      e.dataset.judged = "no";
      continue;
    }
    const over = e.scrollWidth - e.clientWidth;
    // A field holds more than it shows by nature.
    if (["auto", "scroll"].includes(style.overflowX) && over > 1 && !e.matches("textarea, input"))
      faults.push({ kind: "scroll", at: name(e), by: over });
    // The one-line summaries of the queue are short on purpose: the whole text stands in the incident.
    const short = style.textOverflow === "ellipsis" && e.matches(".row .summary, .row .c-place > span");
    if (["hidden", "clip"].includes(style.overflowX) && over > 1 && !short && !e.matches("textarea, input")) faults.push({ kind: "clipped", at: name(e), by: over });
    if (["hidden", "clip"].includes(style.overflowY) && e.scrollHeight - e.clientHeight > 1 && !short && e.id !== "main" && e.tagName !== "BODY")
      faults.push({ kind: "cut below", at: name(e), by: e.scrollHeight - e.clientHeight });
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || parent.closest("[data-judged=no], .hidden, .skip, .row .summary, .row .c-place > span, [inert], template")) continue;
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) {
      if (box.width < 1) continue;
      if (box.left < -1 || box.right > root.clientWidth + 1)
        faults.push({ kind: "outside", at: name(parent), by: Math.round(Math.max(-box.left, box.right - root.clientWidth)) });
      const row = parent.closest(".rows-all > .row");
      if (row) {
        const around = row.getBoundingClientRect();
        const cell = parent.closest("[role=gridcell]").getBoundingClientRect();
        if (box.top < around.top - 1 || box.bottom > around.bottom + 1)
          faults.push({ kind: "out of its row", at: name(parent), by: Math.round(Math.max(around.top - box.top, box.bottom - around.bottom)) });
        if (box.right > cell.right + 1.5 || box.left < cell.left - 1.5)
          faults.push({ kind: "out of its cell", at: name(parent), by: Math.round(Math.max(box.right - cell.right, cell.left - box.left)) });
      }
    }
  }
  for (const e of document.querySelectorAll("[data-judged]")) delete e.dataset.judged;
  const seen = new Set();
  return faults.filter((one) => !seen.has(one.kind + one.at) && seen.add(one.kind + one.at));
}
