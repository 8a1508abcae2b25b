/* The places of a page that take pictures: their numbers, what they still need, and what was refused last. */

import { forThisDevice, newItem, say } from './picture-item.js';

export const slotsOf = (form) => Array.from(form.querySelectorAll('[data-slot]'));
export const itemsOf = (slot) => slot.querySelectorAll('.screenshot');
export const room = (slot) => Number(slot.dataset.most) - Number(slot.dataset.held || 0) - itemsOf(slot).length;

export const setStatus = (slot, text) => {
  const status = slot.querySelector('[data-slot-status]');
  status.textContent = text;
  status.hidden = !text;
  if (text) say(text);
};

/* How many pictures the page needs, and which are missing. The phone's page does not know that. */
const showNeeded = (form) => {
  const line = form.querySelector('[data-needed]');
  if (!line) return;
  const needed = slotsOf(form).filter((slot) => 'isNeeded' in slot.dataset);
  const missing = needed.filter((slot) => !slot.querySelector('[data-picture]')).map((slot) => slot.dataset.label);
  const open = form.querySelectorAll('.screenshot--ask').length;
  const state = open ? `都有了，还有 ${open} 张请您回答` : '已经齐了';
  line.classList.toggle('needed--complete', !missing.length && !open);
  line.textContent = `需要 ${needed.length} 张，${missing.length ? `还差 ${missing.length} 张：${missing.join('、')}` : state}`;
};

export const renumber = (form) => {
  form.querySelectorAll('.screenshot').forEach((item, at) => {
    const name = `附图 ${at + 1}`;
    item.dataset.number = at + 1;
    item.querySelectorAll('[data-which]').forEach((which) => { which.textContent = name; });
    const state = item.querySelector('[data-state]');
    state.textContent = state.textContent.replace(/^附图 \d+/, name);
  });
  slotsOf(form).forEach((slot) => {
    const choose = slot.querySelector('[data-choose]');
    if (!choose) return;
    choose.hidden = room(slot) <= 0;
    const label = choose.querySelector('[data-next-picture]');
    if (label) label.textContent = itemsOf(slot).length ? label.dataset.nextPicture : label.dataset.firstPicture;
  });
  showNeeded(form);
};

/* A fault that is mended leaves the list on top. */
const leaveSummary = (form, slot) => {
  const summary = form.querySelector('.error-summary');
  const link = summary && summary.querySelector(`a[href="#field-${slot.dataset.slot}-error"]`);
  if (!link) return;
  link.parentElement.remove();
  const left = summary.querySelectorAll('li').length;
  summary.querySelector('h2').textContent = `有 ${left} 处需要修改`;
  if (left) return;
  summary.remove();
  document.title = document.title.replace(/^有错误：/, '');
};

/* A good picture has come. */
export const forgetRefusal = (form, slot) => {
  slot.querySelector('[data-slot-faults]').textContent = '';
  slot.classList.remove('pictures--refused');
  slot.querySelectorAll('input[type="file"]').forEach((input) => input.removeAttribute('aria-invalid'));
  leaveSummary(form, slot);
};

/* Only the last refusal stays, in place of the picture, which gets no number: it stays until a good one comes. */
export const showRefusal = (form, item, message) => {
  const text = forThisDevice(message);
  const slot = item.closest('[data-slot]');
  item.remove();
  const line = document.createElement('p');
  const word = document.createElement('span');
  word.className = 'visually-hidden';
  word.textContent = '错误：';
  line.className = 'field__error';
  line.id = `field-${slot.dataset.slot}-error`;
  line.append(word, text);
  const faults = slot.querySelector('[data-slot-faults]');
  faults.textContent = '';
  faults.appendChild(line);
  slot.classList.add('pictures--refused');
  slot.querySelectorAll('input[type="file"]').forEach((input) => {
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', `field-${slot.dataset.slot}-help ${line.id}`);
  });
  renumber(form);
  say(text);
};

export const addItem = (form, slot, source) => {
  const item = newItem(source);
  slot.querySelector('[data-screenshots]').appendChild(item);
  setStatus(slot, '');
  renumber(form);
  return item;
};

/* The next place without a picture comes into view, and nothing moves if it is there already. */
export const showNextEmpty = (form) => {
  const slots = slotsOf(form).filter((slot) => 'isNeeded' in slot.dataset);
  const empty = slots.find((slot) => !itemsOf(slot).length);
  if (!empty || slots.every((slot) => !itemsOf(slot).length)) return;
  empty.scrollIntoView({ block: 'nearest' });
};
