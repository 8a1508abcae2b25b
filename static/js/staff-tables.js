/* On a narrow screen a row of a table is a card (staff.css): each cell then says the head of its column. */

const nameCells = (table) => {
  const heads = Array.from(table.tHead.rows[0].cells).map((head) => head.textContent.trim());
  for (const row of Array.from(table.querySelectorAll('tbody > tr'))) {
    for (const cell of Array.from(row.cells)) {
      cell.dataset.head = cell.colSpan > 1 ? '' : heads[cell.cellIndex] || ''; // one cell for the whole row is of no column
      if (!cell.textContent.trim() && !cell.querySelector('input, img')) cell.classList.add('is-blank');
    }
  }
  table.classList.add('table--cards');
};

document.querySelectorAll('.table:not(.queue):not(.table--small)').forEach((table) => {
  if (table.tHead && table.tHead.rows.length === 1) nameCells(table);
});
