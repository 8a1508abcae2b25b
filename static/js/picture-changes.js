/* A picture that was marked or covered: the changed copy takes its place, here and on the server. Loaded when asked for. */

import { hideQuestion, messageOf, setMessage, setState, showKept, showTools } from './picture-item.js';

const loadStyle = (address) => new Promise((resolve) => {
  if (document.querySelector(`link[href="${address}"]`)) { resolve(); return; }
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = address;
  link.onload = resolve;
  link.onerror = resolve;
  document.head.appendChild(link);
});

/* The picture that was chosen here, or the server's copy of it. */
const original = (item, { form, files }) => {
  const known = files.get(item);
  if (known) return Promise.resolve(known);
  return fetch(`${form.dataset.pictures}/${item.dataset.picture}`, { credentials: 'same-origin' })
    .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error('no picture'))));
};

const replace = (item, changed, button, { files, transfers, renumber }) => {
  const state = item.querySelector('[data-state]').textContent;
  const image = item.querySelector('img');
  const question = item.querySelector('[data-question]');
  const wasAsked = question && !question.hidden;
  // The focus waits on the picture while its buttons are away.
  item.tabIndex = -1;
  item.focus();
  showTools(item, false);
  hideQuestion(item);
  transfers.send(item, changed, { replaces: item.dataset.picture }, (status, answer) => {
    if (status === 201) {
      image.src = URL.createObjectURL(changed);
      files.set(item, changed);
      showKept(item, answer, true);
    } else {
      setState(item, state);
      item.querySelector('[data-line]').className = 'received';
      setMessage(item, `修改没有收下，原图还在。${messageOf(answer)}`, true);
      if (wasAsked) question.hidden = false;
      showTools(item, true);
    }
    renumber();
    if (item.contains(document.activeElement)) button.focus();
  });
};

/* Opens the editor with the tool of the pressed button; done when it is closed again. `page` is what pictures.js has. */
export const change = (button, edit, page) => {
  const item = button.closest('.screenshot');
  return Promise.all([original(item, page), loadStyle(page.form.dataset.editorStyle)])
    .then(([file]) => {
      button.removeAttribute('aria-busy');
      return edit(file, button.dataset.edit, `附图 ${item.dataset.number}`);
    })
    .then((changed) => {
      button.focus();
      if (changed) replace(item, changed, button, page);
    });
};
