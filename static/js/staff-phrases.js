/* Phrases by key: F2 in a box opens the list of its form, a digit or Enter inserts, Esc goes back to the box.
   Without this script each phrase is a button that posts the form and comes back inserted. */

let from = null; // the box that the list was opened from

const buttonsOf = (list) => Array.from(list.querySelectorAll('button[name=insert]:not([disabled])'));

/* At the caret of the box that one came from, else on a line of its own. */
const insert = (box, text) => {
  const isHere = box === from;
  const start = isHere ? box.selectionStart : box.value.length;
  const end = isHere ? box.selectionEnd : box.value.length;
  const gap = box.value && start === box.value.length && !box.value.endsWith('\n') ? '\n' : '';
  box.setRangeText(box.tagName === 'TEXTAREA' ? gap + text : text, start, end, 'end');
  box.dispatchEvent(new Event('input', { bubbles: true }));
};

const use = (button) => {
  const filled = [];
  for (const part of button.querySelectorAll('[data-part]')) {
    const box = document.getElementById(part.dataset.part);
    if (box) {
      insert(box, part.textContent);
      filled.push(box);
    }
  }
  const target = filled.includes(from) ? from : filled[0];
  button.closest('[data-phrases]').open = false;
  if (target) target.focus();
};

const open = (list, box) => {
  from = box;
  list.open = true;
  const first = buttonsOf(list)[0] || list.querySelector('summary');
  first.focus();
  list.scrollIntoView({ block: 'nearest' });
};

const move = (list, step) => {
  const buttons = buttonsOf(list);
  const at = buttons.indexOf(document.activeElement);
  const next = buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)];
  if (next) next.focus();
};

const pressed = (list, key) => {
  if (key === 'ArrowDown' || key === 'ArrowUp') move(list, key === 'ArrowDown' ? 1 : -1);
  else if (key === 'Escape') {
    list.open = false;
    (from || list.querySelector('summary')).focus();
  } else if (/^[1-9]$/.test(key)) {
    const button = list.querySelectorAll('button[name=insert]')[Number(key) - 1];
    if (button && !button.disabled) use(button);
  } else return false;
  return true;
};

/* F2 in a box: the list of its form opens. */
const opened = (box) => {
  const list = box.matches('textarea, input[type=text]') && box.form ? box.form.querySelector('[data-phrases]') : null;
  if (list) open(list, box);
  return list;
};

document.addEventListener('keydown', (event) => {
  const at = event.target instanceof Element ? event.target : null;
  if (!at || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  const inside = at.closest('[data-phrases]');
  if (inside && inside.open && pressed(inside, event.key)) {
    event.preventDefault();
    event.stopPropagation();
  } else if (event.key === 'F2' && opened(at)) event.preventDefault();
}, true);

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-phrases] button[name=insert]') : null;
  if (!button || button.disabled) return;
  event.preventDefault();
  use(button);
});

/* A box is where the text goes while the list stands open for it. */
document.addEventListener('focusin', (event) => {
  if (event.target instanceof Element && event.target.matches('textarea, input[type=text]')) from = event.target;
});
