// What the page does beyond reading: draws its charts, sorts and filters tables, filters questions. No request is made.
'use strict';

function drawCharts() {
  const text = 'currentColor', line = 'rgba(128, 128, 128, 0.35)';
  const config = {
    background: 'transparent', view: {stroke: null},
    font: 'system-ui, sans-serif',
    axis: {labelColor: text, titleColor: text, gridColor: line, domainColor: line, tickColor: line, labelLimit: 260,
           titleFontWeight: 500, labelFontSize: 12, titleFontSize: 12},
    axisX: {tickCount: 8},
    legend: {labelColor: text, titleColor: text, labelFontSize: 12, titleFontSize: 12},
  };
  for (const script of document.querySelectorAll('script.chart-spec')) {
    const place = document.getElementById(script.dataset.chart);
    const spec = JSON.parse(script.textContent);
    // `ast` interprets expressions: the page's content policy forbids making functions from text.
    // The place is an image with a description; what Vega says of each mark would be read out on top of it.
    vegaEmbed(place, spec, {renderer: 'svg', ast: true, actions: false, config})
        .then(() => place.querySelector('svg').setAttribute('aria-hidden', 'true'))
        .catch((error) => { place.textContent = 'This chart could not be drawn: ' + error.message; });
  }
}

function compareCells(a, b) {
  const x = a.dataset.value, y = b.dataset.value;
  if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
  const bothNumbers = x !== '' && y !== '' && !isNaN(x) && !isNaN(y);
  return bothNumbers ? Number(x) - Number(y) : x.localeCompare(y);
}

function sortTable(header) {
  const table = header.closest('table'), body = table.tBodies[0];
  const descending = header.getAttribute('aria-sort') !== 'descending';
  const rows = Array.from(body.rows);
  const place = header.cellIndex;
  rows.sort((a, b) => (descending ? -1 : 1) * compareCells(a.cells[place], b.cells[place]));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  body.append(...rows);
}

function filterRows(input) {
  const wanted = input.value.toLowerCase();
  for (const row of document.getElementById(input.dataset.table).tBodies[0].rows) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
}

// Which cells' answers are shown, as the choices say; none chosen: all.
function chosenCells() {
  const choices = ['question-cell', 'question-other-cell'].map((id) => document.getElementById(id).value);
  return choices.filter((cell) => cell !== '');
}

// Shows the chosen cells' rows of a question; says whether two of them, or of all cells, differ by half a question.
function showAnswers(question, cells) {
  const scores = [];
  for (const row of question.querySelectorAll('tr[data-cell]')) {
    row.hidden = cells.length > 0 && !cells.includes(row.dataset.cell);
    if (cells.length < 2 || !row.hidden) scores.push(Number(row.dataset.score));
  }
  return Math.max(...scores) - Math.min(...scores) >= 0.5;
}

function filterQuestions() {
  const family = document.getElementById('question-family').value;
  const onlyDisagreeing = document.getElementById('question-disagree').checked;
  const wanted = document.getElementById('question-text').value.toLowerCase();
  const cells = chosenCells();
  let shown = 0;
  for (const question of document.querySelectorAll('details.asked')) {
    const disagree = showAnswers(question, cells);
    const fits = (family === '' || question.dataset.family === family) && (disagree || !onlyDisagreeing) &&
        question.textContent.toLowerCase().includes(wanted);
    question.hidden = !fits;
    shown += fits;
  }
  document.getElementById('questions-shown').textContent = shown + ' questions shown';
}

for (const button of document.querySelectorAll('th button')) {
  button.addEventListener('click', () => sortTable(button.closest('th')));
}
for (const input of document.querySelectorAll('input[data-table]')) {
  input.addEventListener('input', () => filterRows(input));
}
for (const id of ['question-family', 'question-cell', 'question-other-cell', 'question-disagree', 'question-text']) {
  const control = document.getElementById(id);
  if (control) control.addEventListener('input', filterQuestions);
}
// On paper nothing can be opened: tables print, and of the questions those that are open.
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details:not(.asked)')) details.open = true;
});
drawCharts();
