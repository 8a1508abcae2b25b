/* Hiding a passage on the spot: what is selected in a ticket's text fills the form that stands there anyway. */

const form = document.querySelector('[data-seal] form');
const TEXTS = '[data-sealable], [data-sealable-entries] .timeline__text';
const SHORTEST = 2;
const LONGEST = 500;
/* Only a first guess of the kind, to spare a click; the person decides. */
const GUESSES = [
  ['id_number', /^\d{6}\s*\d{8}\s*\d{3}[\dXx]$/],
  ['phone', /^(\+?86)?[\s-]*1[3-9]\d[\s-]*\d{4}[\s-]*\d{4}$|^0\d{2,3}-?\d{7,8}$/],
  ['name', /^[\u3400-\u9fff·]{2,4}$/],
];

const bar = document.createElement('div');
bar.className = 'sealbar';
bar.hidden = true;
bar.setAttribute('role', 'group');
bar.setAttribute('aria-label', '隐藏选中的文字');
const kinds = form.elements.kind.cloneNode(true);
kinds.removeAttribute('id');
kinds.removeAttribute('name');
kinds.setAttribute('aria-label', '选中的文字是');
const hide = document.createElement('button');
hide.type = 'button';
hide.className = 'button button--primary button--small';
hide.textContent = '隐藏选中内容';
bar.append(kinds, hide);
let chosen = null;

const textAt = (node) => {
  const element = node instanceof Element ? node : node.parentElement;
  return element && element.closest(TEXTS);
};

const selected = () => {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  const text = textAt(range.commonAncestorContainer);
  const passage = selection.toString().trim();
  if (!text || passage.length < SHORTEST || passage.length > LONGEST || /^[*•\s]+$/.test(passage)) return null;
  return { text, passage, box: range.getBoundingClientRect() };
};

const guess = (passage) => {
  const found = GUESSES.find(([, shape]) => shape.test(passage));
  return found ? found[0] : '';
};

const show = (found) => {
  if (!chosen || chosen.passage !== found.passage) kinds.value = guess(found.passage);
  chosen = found;
  if (bar.parentElement !== found.text) found.text.append(bar);
  bar.hidden = false;
  bar.style.left = '0';
  bar.style.top = '0';
  const home = bar.getBoundingClientRect();
  const most = document.documentElement.clientWidth - home.width - 8;
  bar.style.left = `${Math.max(8, Math.min(found.box.left, most)) - home.left}px`;
  bar.style.top = `${found.box.bottom + 6 - home.top}px`;
};

const drop = () => {
  bar.hidden = true;
  chosen = null;
};

let waiting = 0;
document.addEventListener('selectionchange', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (bar.contains(document.activeElement)) return; // choosing the kind may take the selection away
    const found = selected();
    if (found) show(found);
    else drop();
  }, 120);
});
document.addEventListener('keydown', (event) => {
  if (bar.hidden) return;
  if (event.key === 'Escape') drop();
  /* Not every browser starts the tab order at the selection. */
  if (event.key === 'Tab' && !event.shiftKey && !bar.contains(document.activeElement)) {
    event.preventDefault();
    kinds.focus();
  }
});
document.addEventListener('pointerdown', (event) => {
  if (!bar.hidden && !bar.contains(event.target)) drop();
});
kinds.addEventListener('change', () => kinds.removeAttribute('aria-invalid'));
hide.addEventListener('click', () => {
  if (!kinds.value) {
    kinds.setAttribute('aria-invalid', 'true');
    kinds.focus();
    return;
  }
  form.elements.passage.value = chosen.passage;
  form.elements.kind.value = kinds.value;
  form.elements.field.value = ''; // everywhere: nothing has to be chosen twice
  hide.disabled = true;
  form.requestSubmit();
});
