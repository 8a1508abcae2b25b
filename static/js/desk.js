/* 代客提报: which fields are a must follows kind and channel at once; pictures may be pasted. The page works without it.
   ES2017 for Chrome 109 and older kernels. */

const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
const one = (selector, root) => (root || document).querySelector(selector);
const LATE_MS = 30 * 60 * 1000;

all('[data-print]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
});

/* A text box is copied by selecting it: plain-HTTP intranets know no other way. */
all('textarea[id]').forEach((box) => {
  const button = one('[data-copy="' + box.id + '"]');
  if (!button) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    box.select();
    button.textContent = document.execCommand('copy') ? '已复制' : '请按 Ctrl+C';
  });
});

const form = one('form[data-filing]');

const needOf = (element, key) => {
  const found = element.dataset.needs.split(' ').find((pair) => pair.split('=')[0] === key);
  return found ? found.split('=')[1] : '';
};

const markOptional = (element, isOptional) => {
  const label = one('.field__label', element);
  if (!label) return;
  const mark = one('.optional', label);
  if (mark && !isOptional) mark.remove();
  if (!mark && isOptional) {
    const made = document.createElement('span');
    made.className = 'optional';
    made.textContent = '（选填）';
    label.appendChild(made);
  }
};

const followChoice = () => {
  const value = (name) => { const input = one('[name="' + name + '"]:checked', form); return input ? input.value : ''; };
  const key = value('kind') + '/' + (value('channel') || 'yxt');
  all('[data-needs]', form).forEach((element) => {
    const need = needOf(element, key);
    const note = one('[data-need-note]', element);
    const words = need ? form.getAttribute('data-note-' + need.replace('_', '-')) : '';
    element.hidden = !need;
    note.textContent = words || '';
    note.hidden = !words;
    if (!one('[data-shown-when]', element)) markOptional(element, need === 'optional');
  });
};

/* Only asked for when the service ended long ago; what is written there stays in sight. */
const followTime = () => {
  const ended = one('[name="service_ended"]', form).value;
  const part = one('[data-late]', form);
  const box = one('input', part);
  const isLate = ended && Date.now() - new Date(ended).getTime() > LATE_MS;
  part.hidden = !isLate && !box.value && !one('.field--refused', part);
};

const addPasted = (event) => {
  const files = Array.from((event.clipboardData && event.clipboardData.files) || []).filter((file) => file.type.startsWith('image/'));
  if (!files.length) return;
  const at = event.target instanceof Element ? event.target.closest('[data-paste-slot]') : null;
  const slot = at || all('[data-paste-slot]', form).find((each) => !each.hidden && one('input[type=file]', each));
  const input = slot && one('input[type=file]', slot);
  if (!input) return;
  event.preventDefault();
  const kept = new DataTransfer();
  Array.from(input.files).concat(files).forEach((file) => kept.items.add(file));
  input.files = kept.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
};

/* A call may outlast the session: what is typed is kept as a draft meanwhile. Not so secrets, pictures and the word
   for a refused one: a field that is emptied again would stay filled there. */
const keepSoon = () => {
  clearTimeout(keepSoon.timer);
  keepSoon.timer = setTimeout(() => {
    const typed = new FormData(form);
    all('[type=file], [data-secrets] [name], [name^="keep-"]', form).forEach((input) => typed.delete(input.name));
    typed.append('action', 'save');
    fetch(form.getAttribute('action'), { method: 'POST', body: typed, redirect: 'manual' }).then((answer) => {
      if (answer.type !== 'opaqueredirect') return;
      const now = new Date();
      const words = one('[data-kept]', form);
      words.textContent = '文字已自动保存 ' + now.getHours() + ':' + String(now.getMinutes()).padStart(2, '0');
      words.hidden = false;
      history.replaceState(null, '', form.getAttribute('action'));
    }).catch(() => {});
  }, 5000);
};

if (form) {
  form.addEventListener('input', keepSoon);
  form.addEventListener('submit', () => clearTimeout(keepSoon.timer));
  if (form.dataset.address) history.replaceState(null, '', form.dataset.address);
  form.addEventListener('change', (event) => {
    if (event.target.name === 'kind' || event.target.name === 'channel') followChoice();
    if (event.target.name === 'service_ended') followTime();
    if (event.target.type === 'file') {
      const words = one('[data-pasted]', event.target.closest('[data-paste-slot]'));
      if (words) words.textContent = event.target.files.length ? '已选 ' + event.target.files.length + ' 张，提交时上传' : '';
    }
  });
  document.addEventListener('paste', addPasted);
  followChoice();
  followTime();
}
