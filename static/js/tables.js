/* A download that can be seen: how far the file has come, and that it has come. Without this script, or in a browser that
   cannot read an answer in pieces, the same form is a plain download. */

const form = document.querySelector('form[data-download]');
const state = form && form.querySelector('[data-download-state]');
const LINE_END = 10;
const RETURN = 13;
const PAUSE = 200; // milliseconds between two signs of life

const say = (sentence, values) => {
  const shown = Object.keys(values).reduce((text, name) => text.replace(`{${name}}`, values[name]), sentence);
  state.querySelector('[data-download-words]').textContent = shown;
};

const sizeOf = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

const nameOf = (answer) => {
  const found = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get('content-disposition') || '');
  return found ? decodeURIComponent(found[1]) : '';
};

// In a CSV only rows end with CR LF; a packed file does not tell its rows.
const ends = (bytes, last) => {
  let count = 0;
  let before = last;
  for (const byte of bytes) {
    if (byte === LINE_END && before === RETURN) count += 1;
    before = byte;
  }
  return count;
};

const show = (progress) => {
  const bar = state.querySelector('[data-download-bar]');
  const values = { rows: progress.rows, row: Math.min(progress.row, progress.rows), size: sizeOf(progress.size) };
  if (progress.isCounted && progress.rows > 0) bar.value = values.row / progress.rows;
  else bar.removeAttribute('value');
  say(progress.isCounted ? form.dataset.counted : form.dataset.running, values);
};

const received = async (answer, isCounted) => {
  const reader = answer.body.getReader();
  const progress = { isCounted, rows: Number(answer.headers.get(form.dataset.rowsHeader)), row: -1, size: 0 };
  const parts = [];
  let last = 0;
  let shownAt = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    parts.push(piece.value);
    progress.size += piece.value.length;
    if (isCounted) progress.row += ends(piece.value, last);
    last = piece.value[piece.value.length - 1];
    if (Date.now() - shownAt > PAUSE) {
      show(progress);
      shownAt = Date.now();
    }
  }
  return { parts, rows: progress.rows };
};

const keep = (parts, type, name) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
};

const plainly = (button) => {
  const chosen = document.createElement('input');
  Object.assign(chosen, { type: 'hidden', name: button.name, value: button.value });
  form.append(chosen);
  form.submit();
};

const busy = (is) => {
  for (const button of Array.from(form.querySelectorAll('button'))) button.disabled = is;
};

// What was wrong with the press before; what is wrong with this one comes as a page.
const forgetFaults = () => {
  for (const told of Array.from(form.querySelectorAll('.error-summary, .field__error'))) told.remove();
  for (const field of Array.from(form.querySelectorAll('.field--refused'))) field.classList.remove('field--refused');
  for (const input of Array.from(form.querySelectorAll('[aria-invalid]'))) input.removeAttribute('aria-invalid');
};

const take = async (button) => {
  const sent = new URLSearchParams(new FormData(form));
  sent.set(button.name, button.value);
  busy(true);
  forgetFaults();
  state.hidden = false;
  state.classList.remove('taking__state--over');
  say(form.dataset.asked, {});
  try {
    const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: sent });
    const name = nameOf(answer);
    if (!answer.ok || !name || !answer.body) {
      plainly(button); // the page with what is wrong, or the way to sign in
      return;
    }
    const file = await received(answer, button.value === 'csv');
    keep(file.parts, answer.headers.get('content-type'), name);
    say(file.rows ? form.dataset.done : form.dataset.none, { rows: file.rows });
  } catch (error) {
    say(form.dataset.broken, {});
  }
  state.classList.add('taking__state--over');
  busy(false);
};

if (form) {
  form.addEventListener('submit', (event) => {
    if (!event.submitter || !event.submitter.name || !window.fetch) return;
    event.preventDefault();
    take(event.submitter);
  });
}
