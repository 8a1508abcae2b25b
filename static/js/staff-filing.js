/* 代客提报: which fields are a must follows kind, channel and request type at once. The page works without it. */

const LATE_MS = 30 * 60 * 1000;

document.querySelectorAll('[data-print]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
});

/* The tables of a report are folded on a phone, and open on paper. */
const folds = Array.from(document.querySelectorAll('.breakdown'));
const setFolds = (isOpen) => folds.forEach((fold) => { fold.open = isOpen; });
if (folds.length && window.matchMedia('(max-width: 480px)').matches) setFolds(false);
window.addEventListener('beforeprint', () => setFolds(true));

/* A text box is copied by selecting it: plain-HTTP intranets know no other way. */
document.querySelectorAll('textarea[id]').forEach((box) => {
  const button = document.querySelector(`[data-copy="${box.id}"]`);
  if (!button) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    box.select();
    button.textContent = document.execCommand('copy') ? '已复制' : '请按 Ctrl+C';
  });
});

const form = document.querySelector('form[data-filing]');

const needOf = (element, key) => {
  const found = element.dataset.needs.split(' ').find((pair) => pair.split('=')[0] === key);
  return found ? found.split('=')[1] : '';
};

const markOptional = (element, isOptional) => {
  const label = element.querySelector('.field__label');
  if (!label) return;
  const mark = label.querySelector('.optional');
  if (mark && !isOptional) mark.remove();
  if (!mark && isOptional) {
    const made = document.createElement('span');
    made.className = 'optional';
    made.textContent = '（选填）';
    label.appendChild(made);
  }
};

const followChoice = () => {
  const value = (name) => { const input = form.querySelector(`[name="${name}"]:checked`); return input ? input.value : ''; };
  const isOurs = (value('channel') || 'yxt') === 'yxt';
  const key = `${value('kind')}/${value('channel') || 'yxt'}/${isOurs ? 'help' : value('request_type') || 'help'}`;
  form.querySelectorAll('[data-needs]').forEach((element) => {
    const need = needOf(element, key);
    const note = element.querySelector('[data-need-note]');
    const words = need ? form.getAttribute(`data-note-${need.replace('_', '-')}`) : '';
    element.hidden = !need || (need === 'not_taken' && !element.querySelector('.received, .field--refused'));
    note.textContent = words || '';
    note.hidden = !words;
    if (!element.querySelector('[data-shown-when]')) markOptional(element, need === 'optional');
  });
  form.querySelectorAll('section[data-secrets]').forEach((part) => {
    part.hidden = !part.querySelector('[data-needs]:not([hidden])');
  });
};

/* Only asked for when the service ended long ago; what is written there stays in sight. */
const followTime = () => {
  const ended = form.querySelector('[name="service_ended"]').value;
  const part = form.querySelector('[data-late]');
  const box = part.querySelector('input');
  const isLate = ended && Date.now() - new Date(ended).getTime() > LATE_MS;
  part.hidden = !isLate && !box.value && !part.querySelector('.field--refused');
};

/* A call may outlast the session: what is typed is kept as a draft meanwhile. Not so secrets, pictures and the word
   for a refused one: a field that is emptied again would stay filled there. */
const keepSoon = () => {
  clearTimeout(keepSoon.timer);
  keepSoon.timer = setTimeout(() => {
    const typed = new FormData(form);
    form.querySelectorAll('[type=file], [data-secrets] [name], [name^="keep-"]').forEach((input) => typed.delete(input.name));
    typed.append('action', 'save');
    fetch(form.getAttribute('action'), { method: 'POST', body: typed, redirect: 'manual' }).then((answer) => {
      if (answer.type !== 'opaqueredirect') return;
      const now = new Date();
      const words = form.querySelector('[data-kept]');
      words.textContent = `文字已自动保存 ${now.getHours()}:${String(now.getMinutes()).padStart(2, '0')}`;
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
    if (['kind', 'channel', 'request_type'].includes(event.target.name)) followChoice();
    if (event.target.name === 'service_ended') followTime();
  });
  followChoice();
  followTime();
}
