"use strict";
/* Sorts a table by a column. Without this the tables stand as they were written. */
for (const head of document.querySelectorAll("table.sortable th")) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const numeric = head.classList.contains("n");
    const now = head.getAttribute("aria-sort");
    const falling = now === "ascending" || (now === null && numeric); // the largest first
    const key = (row) => {
      const cell = row.cells[head.cellIndex];
      const text = cell.dataset.v ?? cell.textContent;
      return numeric ? parseFloat(text.replaceAll(",", "")) || 0 : text;
    };
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => (numeric ? a - b : a.localeCompare(b)) * (falling ? -1 : 1));
    body.append(...rows.map(([, row]) => row));
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  });
}
