/* Hints under a box whose text a clinic will read. They change nothing and stop nothing: without them the page works
   the same. The portal counts code points, a box counts UTF-16 units. */

const WAIT_MS = 700;
const MOST = 5;
const boxes = Array.from(document.querySelectorAll('[data-hints]'));

const token = () => document.querySelector('form [name=csrf]').value;

const lineOf = (box) => {
  const known = document.getElementById(`${box.id}-hints`);
  if (known) return known;
  const made = document.createElement('ul');
  made.id = `${box.id}-hints`;
  made.className = 'hints';
  made.setAttribute('aria-live', 'polite');
  box.insertAdjacentElement('afterend', made);
  return made;
};

const unitsBefore = (signs, end) => signs.slice(0, end).join('').length;

const show = (box, text, hints) => {
  const line = lineOf(box);
  const signs = Array.from(text);
  const items = hints.slice(0, MOST).map((hint) => {
    const item = document.createElement('li');
    const word = document.createElement('button');
    word.type = 'button';
    word.className = 'hints__word';
    word.textContent = signs.slice(hint.start, hint.end).join('');
    word.title = '在框里选中这个词';
    word.addEventListener('click', () => {
      box.focus();
      if (box.value === text) box.setSelectionRange(unitsBefore(signs, hint.start), unitsBefore(signs, hint.end));
    });
    item.append(word, ` ${hint.advice}`);
    return item;
  });
  line.replaceChildren(...items);
  line.hidden = items.length === 0;
};

const ask = async (box) => {
  const text = box.value;
  if (!text.trim()) {
    show(box, text, []);
    return;
  }
  try {
    const response = await fetch('/hints', {
      method: 'POST', credentials: 'same-origin', redirect: 'error', cache: 'no-store',
      headers: { Accept: 'application/json' },
      body: new URLSearchParams({ csrf: token(), place: box.dataset.hints, text }),
    });
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    if (box.value === text) show(box, text, answer.hints);
  } catch (error) {
    show(box, text, []); // no line, no hints: the text can be sent all the same
  }
};

for (const box of boxes) {
  let timer = 0;
  box.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(box), WAIT_MS);
  });
  if (box.value.trim()) ask(box);
}
