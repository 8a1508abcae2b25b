/* Names from the directory while one is typed: a combobox over a plain text box, which stays free.
   Answers the script does not get, late or not at all, are not missed. */

const WAIT = 200;

const combobox = (input, number) => {
  const url = input.dataset.suggestions;
  const list = document.createElement('ul');
  const answers = new Map();
  const live = document.getElementById('live');
  let active = -1;
  let asked = '';
  let timer = 0;
  let request = null;
  let composing = input.hasAttribute('data-composing');

  list.id = `suggestions-${number}`;
  list.className = 'suggestions';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', '机构名录里的名称');
  list.hidden = true;
  input.parentNode.classList.add('suggested');
  input.parentNode.appendChild(list);
  const attributes = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id };
  Object.keys(attributes).forEach((name) => input.setAttribute(name, attributes[name]));

  const options = () => Array.from(list.children);

  const close = () => {
    clearTimeout(timer);
    active = -1;
    asked = '';
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };

  const point = (at) => {
    const all = options();
    if (!all.length) return;
    active = (at + all.length) % all.length;
    all.forEach((option, n) => option.setAttribute('aria-selected', n === active ? 'true' : 'false'));
    input.setAttribute('aria-activedescendant', all[active].id);
    all[active].scrollIntoView({ block: 'nearest' });
  };

  const take = (option) => {
    input.value = option.textContent;
    close();
    asked = input.value.trim();
    input.focus();
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };

  const show = (names) => {
    list.textContent = '';
    names.forEach((name, n) => {
      const option = document.createElement('li');
      option.id = `${list.id}-${n}`;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      option.textContent = name;
      list.appendChild(option);
    });
    active = -1;
    input.removeAttribute('aria-activedescendant');
    const isOpen = names.length > 0 && !(names.length === 1 && names[0] === input.value.trim());
    if (!isOpen || document.activeElement !== input) { close(); return; }
    list.hidden = false;
    list.scrollTop = 0;
    input.setAttribute('aria-expanded', 'true');
    if (live) live.textContent = `有 ${names.length} 个名称可选，按上下键选择`;
  };

  const ask = () => {
    const typed = input.value.trim();
    if (typed === asked) return;
    asked = typed;
    if (request) request.abort();
    if (!typed) { close(); return; }
    if (answers.has(typed)) { show(answers.get(typed)); return; }
    const sent = new XMLHttpRequest();
    request = sent;
    sent.open('GET', `${url}?q=${encodeURIComponent(typed.slice(0, 60))}`);
    sent.timeout = 4000;
    sent.addEventListener('load', () => {
      if (sent.status !== 200) return;
      try {
        const names = JSON.parse(sent.responseText).names || [];
        if (answers.size > 100) answers.clear();
        answers.set(typed, names);
        if (typed === asked) show(names);
      } catch (error) { /* none */ }
    });
    sent.send();
  };

  const later = () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); };

  input.addEventListener('compositionstart', () => { composing = true; });
  input.addEventListener('compositionend', () => { composing = false; later(); });
  input.addEventListener('input', (event) => {
    if (composing || event.isComposing) return;
    if (input.value.trim() !== asked) later();
  });
  /* What the keys do here; each gives whether that was all the key is to do. */
  const walk = (step) => {
    if (list.hidden) {
      if (!options().length || !input.value.trim()) return false;
      show(options().map((option) => option.textContent));
      if (list.hidden) return false;
    }
    point(step < 0 && active < 0 ? -1 : active + step);
    return true;
  };
  const keys = {
    ArrowDown: () => walk(1),
    ArrowUp: () => walk(-1),
    Enter: () => {
      if (list.hidden || active < 0) return false;
      take(options()[active]);
      return true;
    },
    Escape: () => {
      if (list.hidden) return false;
      close();
      return true;
    },
    Tab: () => { close(); return false; },
  };
  input.addEventListener('keydown', (event) => {
    // While 汉字 are composed, arrows and Enter belong to the input method.
    if (composing || event.isComposing || event.keyCode === 229) return;
    const act = keys[event.key];
    if (act && act()) event.preventDefault();
  });
  // The box must keep the focus while a name is pressed, or the list would close before the press has ended.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) take(option);
  });
  input.addEventListener('blur', close);
  if (document.activeElement === input && input.value && !composing) later(); // typed while this script was on its way
};

Array.from(document.querySelectorAll('[data-suggestions]')).forEach(combobox);
