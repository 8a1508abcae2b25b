/* One picture's item in the list of its slot: what is said of it and what may be done with it. */

const live = document.getElementById('live');

export const say = (text) => { live.textContent = text; };

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

/* The tick for a picture that is asked about. The phone's page has none. */
const showConfirmation = (item, answer) => {
  let box = item.querySelector('[data-confirm]');
  if (answer.verdict !== 'ask') {
    if (box) box.remove();
    return;
  }
  if (!box) {
    const template = document.getElementById('screenshot-template');
    box = document.importNode(template.content.querySelector('[data-confirm]'), true);
    item.querySelector('[data-message]').after(box);
  }
  const tick = box.querySelector('input');
  box.hidden = false;
  tick.value = answer.id;
  tick.id = `confirm-${answer.id}`;
  tick.checked = answer.is_confirmed;
  box.querySelector('label').htmlFor = tick.id;
};

/* The server keeps it. `isOwner`: this page may confirm, change and remove it; the phone's may not. */
export const showKept = (item, answer, isOwner) => {
  const isAsked = answer.verdict === 'ask';
  item.dataset.picture = answer.id;
  item.classList.remove('screenshot--going');
  item.classList.toggle('screenshot--ask', isAsked);
  setState(item, `附图 ${item.dataset.number}：${answer.line}`, true);
  item.querySelector('[data-line]').className = 'received';
  const photo = item.querySelector('[data-photo]');
  if (photo) photo.hidden = !answer.is_photo;
  setMessage(item, isAsked ? answer.message : '');
  if (isOwner) showConfirmation(item, answer);
  const remover = item.querySelector('[data-remove]');
  remover.type = isOwner ? 'submit' : 'button';
  remover.name = 'remove';
  remover.value = answer.id;
  showTools(item, isOwner);
};

export const showRefused = (item, text) => {
  item.classList.remove('screenshot--going');
  item.classList.add('screenshot--refused');
  const box = item.querySelector('[data-confirm]');
  if (box) box.remove();
  setState(item, `附图 ${item.dataset.number}：没有收下`);
  setMessage(item, text, true);
  item.querySelector('[data-remove]').hidden = false;
};

export const messageOf = (answer) => {
  const faults = answer.errors || [];
  return faults.length ? faults[0].message : answer.title || '这张图没有收下，请重新选择';
};
