"use strict";
// Sorts the lines that stand in the page; without a script they stand in the order of their codes.
(() => {
  const body = document.querySelector("table.people tbody");
  if (!body) return;
  const collator = new Intl.Collator("en", { sensitivity: "base", numeric: true });
  const heads = [...document.querySelectorAll("th[data-sort]")];
  const value = (row, index, kind) => {
    const text = row.cells[index].textContent;
    return kind === "number" ? parseInt(text, 10) : text;
  };
  heads.forEach((head, index) => head.querySelector("button").addEventListener("click", () => {
    const kind = head.dataset.sort;
    const before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : kind === "number"; // of numbers the largest are wanted first
    const rows = [...body.rows].map((row) => [value(row, index, kind), row]);
    rows.sort(([one], [two]) => (down ? -1 : 1) * (kind === "number" ? one - two : collator.compare(one, two)));
    body.append(...rows.map(([, row]) => row));
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }));
})();
