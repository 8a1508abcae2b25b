/* One picture's item in the list of its slot: what is said of it and what may be done with it. */

import { isHandheld } from './picture-check.js';

const live = document.getElementById('live');

export const say = (text) => { live.textContent = text; };

/* A phone has no PrtSc key, but it can photograph the screen again (portal/screenshots/at_phone.py). */
const clauseAtPhone = (clause) => {
  if (clause.startsWith('或')) return '或重新拍一张';
  return clause.startsWith('再') ? '再拍一张' : '请横着拍下整个屏幕';
};
export const forThisDevice = (message) => (isHandheld
  ? message.split(/([，。；：])/).map((part) => (part.includes('PrtSc') ? clauseAtPhone(part) : part)).join('')
  : message);

export const setState = (item, text, isSpoken) => {
  item.querySelector('[data-state]').textContent = text;
  if (isSpoken) say(text);
};

export const setMessage = (item, text, isSpoken) => {
  const message = item.querySelector('[data-message]');
  message.textContent = text;
  message.hidden = !text;
  if (isSpoken) say(text);
};

export const showTools = (item, isShown) => {
  item.querySelectorAll('[data-edit]').forEach((button) => { button.hidden = !isShown; });
  item.querySelector('[data-remove]').hidden = !isShown;
};

/* An empty item; `source` is the address of its thumbnail, if there is one. */
export const newItem = (source) => {
  const template = document.getElementById('screenshot-template');
  const item = document.importNode(template.content, true).firstElementChild;
  const image = item.querySelector('img');
  if (source) image.src = source; else image.remove();
  image.alt = '刚添加的图片';
  return item;
};

/* The question about a picture that may not show the whole screen. The phone's page has none. */
const ask = (item, answer) => {
  let question = item.querySelector('[data-question]');
  if (!question) {
    const template = document.getElementById('screenshot-template');
    question = document.importNode(template.content.querySelector('[data-question]'), true);
    item.querySelector('[data-message]').after(question);
  }
  question.hidden = false;
  const [words, yes, no] = answer.question;
  question.querySelector('[data-asking]').id = `asked-${answer.id}`;
  question.querySelector('[data-asking]').textContent = words;
  question.querySelector('[data-confirm]').textContent = yes;
  question.querySelector('[data-again] .at-pc').textContent = no;
  question.querySelector('[data-why]').textContent = forThisDevice(answer.message);
};

export const hideQuestion = (item) => {
  const question = item.querySelector('[data-question]');
  if (question) question.hidden = true;
};

/* The server keeps it. `isOwner`: this page may confirm, change and remove it; the phone's may not. */
export const showKept = (item, answer, isOwner) => {
  const isAsked = answer.verdict === 'ask' && !answer.is_confirmed;
  const isQuestion = isAsked && isOwner;
  item.dataset.picture = answer.id;
  const image = item.querySelector('img');
  if (image) { image.width = answer.width; image.height = answer.height; } // keeps its place while it loads
  item.classList.remove('screenshot--going');
  item.classList.toggle('screenshot--ask', isQuestion);
  setState(item, `附图 ${item.dataset.number}：${answer.line}`, true);
  item.querySelector('[data-line]').className = isQuestion ? 'screenshot__state' : 'received';
  item.querySelector('[data-photo]').hidden = !answer.is_photo;
  item.querySelector('[data-cancel]').hidden = true;
  setMessage(item, isAsked && !isOwner ? forThisDevice(answer.message) : '');
  if (isQuestion) ask(item, answer); else hideQuestion(item);
  if (isQuestion) say(`${answer.question[0]}${forThisDevice(answer.message)}`);
  const remover = item.querySelector('[data-remove]');
  remover.type = isOwner ? 'submit' : 'button';
  remover.name = 'remove';
  remover.value = answer.id;
  showTools(item, isOwner);
};

export const messageOf = (answer) => {
  const faults = answer.errors || [];
  return faults.length ? faults[0].message : answer.title || '这张图没有收下，请重新选择';
};
