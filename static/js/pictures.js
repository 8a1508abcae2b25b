/* Pictures of a draft, on the PC's page and on the phone's: each is sent the moment it is there, while the rest is
   being typed. Nothing here needs a secure context. */

import { lightened, measured, refusalOf, screenHint } from './picture-check.js';
import { messageOf, newItem, say, setMessage, setState, showKept, showRefused } from './picture-item.js';
import { poster, transfersOf } from './picture-transfer.js';

const form = document.querySelector('form[data-pictures]');
const url = form.dataset.pictures;
const rule = JSON.parse(form.dataset.rule);
const isAtPhone = 'atPhone' in form.dataset;
const token = form.querySelector('[name="csrf"]').value;
const post = poster(token);
const transfers = transfersOf(form, post);
const files = new WeakMap(); // what was chosen here, by its item
const nothing = () => {};

/* Slots */

const slots = () => Array.from(form.querySelectorAll('[data-slot]'));
const itemsOf = (slot) => slot.querySelectorAll('.screenshot:not(.screenshot--refused)');
const room = (slot) => Number(slot.dataset.most) - Number(slot.dataset.held || 0) - itemsOf(slot).length;

const setStatus = (slot, text) => {
  const status = slot.querySelector('[data-slot-status]');
  status.textContent = text;
  status.hidden = !text;
  if (text) say(text);
};

const renumber = () => {
  form.querySelectorAll('.screenshot').forEach((item, at) => {
    const name = `附图 ${at + 1}`;
    item.dataset.number = at + 1;
    item.querySelectorAll('[data-which]').forEach((which) => { which.textContent = name; });
    const state = item.querySelector('[data-state]');
    state.textContent = state.textContent.replace(/^附图 \d+/, name);
  });
  slots().forEach((slot) => {
    const choose = slot.querySelector('[data-choose]');
    if (!choose) return;
    choose.hidden = room(slot) <= 0;
    const label = choose.querySelector('[data-next-picture]');
    if (label) label.firstChild.textContent = itemsOf(slot).length ? label.dataset.nextPicture : label.dataset.firstPicture;
  });
};

const addItem = (slot, source) => {
  const item = newItem(source);
  slot.querySelector('[data-screenshots]').appendChild(item);
  setStatus(slot, '');
  slot.querySelector('[data-slot-faults]').textContent = '';
  slot.classList.remove('pictures--refused');
  renumber();
  return item;
};

/* A fault that is mended leaves the list on top. */
const dropFault = (slot) => {
  const summary = form.querySelector('.error-summary');
  const link = summary && summary.querySelector(`a[href="#field-${slot}"]`);
  if (!link) return;
  link.parentElement.remove();
  const left = summary.querySelectorAll('li').length;
  summary.querySelector('h2').textContent = `有 ${left} 处需要修改`;
  if (!left) summary.remove();
};

/* Adding and removing */

const refuse = (item, text) => {
  showRefused(item, text);
  renumber();
};

const send = (item, file) => {
  files.set(item, file);
  transfers.send(item, file, {}, (status, answer) => {
    if (status === 201) {
      dropFault(answer.slot);
      showKept(item, answer, !isAtPhone);
      renumber();
    } else {
      refuse(item, messageOf(answer));
    }
  });
};

const upload = (slot, file) => {
  const item = addItem(slot, URL.createObjectURL(file));
  setState(item, '正在检查…');
  transfers.begin(item);
  measured(file)
    .then((seen) => lightened(file, seen).then((ready) => [ready, seen]))
    .then(([ready, seen]) => {
      const refusal = refusalOf(rule, ready, seen);
      if (!refusal) {
        send(item, ready);
        return;
      }
      refuse(item, refusal.message);
      // For the figures alone; whether it arrives matters to nobody here.
      if (!isAtPhone) post(`${url}/refusals`, { slot: slot.dataset.slot, reason: refusal.code }, { load: nothing, error: nothing });
      transfers.end(item);
    });
};

const takeAll = (slot, chosen) => {
  const given = Array.from(chosen);
  const left = Math.max(0, room(slot));
  given.slice(0, left).forEach((file) => upload(slot, file));
  const over = given.length - left;
  if (over <= 0) return;
  const most = `最多 ${slot.dataset.most} 张，`;
  setStatus(slot, left ? `${most}后面 ${over} 张没有添加` : `${most}请先删除一张`);
};

const drop = (item) => {
  const next = item.nextElementSibling || item.previousElementSibling;
  const slot = item.closest('[data-slot]');
  transfers.forget(item);
  item.remove();
  renumber();
  setStatus(slot, '');
  say('已删除');
  const target = (next && next.querySelector('[data-remove]')) || slot.querySelector('input[type="file"]');
  if (target) target.focus();
};

const remove = (item) => {
  const id = item.dataset.picture;
  if (!id || isAtPhone) { drop(item); return; }
  post(`${url}/${id}/removal`, { csrf: token }, {
    load: (status, answer) => (status < 300 ? drop(item) : say(answer.title || '没有删除，请再试一次')),
    error: () => setMessage(item, '网络断开，没有删除，请再试一次', true),
  });
};

/* 标注 and 涂黑: what they need comes when they are first asked for. */

const change = (button) => {
  const item = button.closest('.screenshot');
  button.setAttribute('aria-busy', 'true');
  Promise.all([import('./picture-changes.js'), import('./picture-editor.js')])
    .then(([changes, editor]) => changes.change(button, editor.edit, { form, files, transfers, renumber }))
    .catch(() => setMessage(item, '图片没有打开，请检查网络后再试一次', true))
    .then(() => button.removeAttribute('aria-busy'));
};

/* Ways in: choose, drop, paste */

slots().forEach((slot) => {
  const input = slot.querySelector('input[type="file"]');
  if (input) {
    input.multiple = true;
    input.addEventListener('change', () => { takeAll(slot, input.files); input.value = ''; });
  }
  slot.addEventListener('dragover', (event) => { event.preventDefault(); slot.classList.add('slot--over'); });
  slot.addEventListener('dragleave', () => slot.classList.remove('slot--over'));
  slot.addEventListener('drop', (event) => {
    event.preventDefault();
    slot.classList.remove('slot--over');
    takeAll(slot, event.dataTransfer.files);
  });
});
/* A picture dropped beside the slots must not replace the page. */
['dragover', 'drop'].forEach((kind) => document.addEventListener(kind, (event) => event.preventDefault()));

/* Where a pasted picture goes: to a slot that still has none, the focused one first. */
const slotFor = (focused) => {
  const order = focused ? [focused].concat(slots()) : slots();
  return order.find((slot) => !itemsOf(slot).length) || order[0];
};

const pastedFile = (clipboard) => {
  const item = Array.from(clipboard.items || []).find((entry) => entry.kind === 'file' && entry.type.startsWith('image/'));
  return item ? item.getAsFile() : clipboard.files[0];
};

document.addEventListener('paste', (event) => {
  const focused = document.activeElement;
  const isTyping = focused && /^(textarea|text|password|search|tel)$/.test(focused.type || '') && focused.value;
  if (isTyping || !event.clipboardData || document.querySelector('dialog[open]')) return;
  const slot = slotFor(focused && focused.closest('[data-slot]'));
  const file = pastedFile(event.clipboardData);
  if (!file) { setStatus(slot, '剪贴板里没有图片。请按 PrtSc 键截屏后再粘贴'); return; }
  event.preventDefault();
  takeAll(slot, [file]);
});

form.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if ('remove' in button.dataset) { event.preventDefault(); remove(button.closest('.screenshot')); }
  if ('edit' in button.dataset) change(button);
});
form.addEventListener('change', (event) => {
  const tick = event.target;
  if (tick.name !== 'confirm_full_screen') return;
  post(`${url}/${tick.value}/confirmation`, { csrf: token, confirm_full_screen: tick.checked ? '1' : '' }, {
    load: nothing, error: nothing, // 继续 sends the tick once more
  });
});

/* 继续 waits for what is under way, and stops for what is broken: a covered copy may be among it. */

const goOnWhenDone = () => {
  const button = form.querySelector('.button--primary');
  if (!button) return;
  const words = button.textContent;
  const isFirst = transfers.wait((isWhole) => {
    button.removeAttribute('aria-busy');
    button.textContent = words;
    if (isWhole) button.click();
  });
  if (!isFirst) return;
  button.setAttribute('aria-busy', 'true');
  button.textContent = '传完后自动继续…';
};

form.addEventListener('submit', (event) => {
  const broken = form.querySelector('.screenshot--failed');
  if (!transfers.isBusy() && !broken) {
    form.querySelectorAll('[data-screen-hint]').forEach((input) => { input.value = screenHint(); });
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (transfers.isBusy()) { goOnWhenDone(); return; }
  say(`第 ${broken.dataset.number} 张还没有传完，请先重试或删除`);
  broken.querySelector('[data-retry]').focus();
});

/* The other device */

const receive = (found) => {
  const slot = form.querySelector(`[data-slot="${found.slot}"]`);
  if (!slot || form.querySelector(`[data-picture="${found.id}"]`)) return;
  dropFault(found.slot);
  const item = addItem(slot, found.preview_url);
  showKept(item, found, true);
  renumber();
  say(`收到手机传来的图片。${item.querySelector('[data-state]').textContent}`);
};

const followPhone = (section) => import('./phone-upload.js')
  .then((script) => script.followPhone(section, { token, post, transfers, receive }));

const section = form.querySelector('[data-phone]');
if (section && section.dataset.phoneState !== 'none') followPhone(section).catch(nothing);
else if (section) {
  const button = section.querySelector('[data-phone-begin]');
  let isLoading = false;
  button.addEventListener('click', function load(event) {
    event.preventDefault();
    if (isLoading) return;
    isLoading = true;
    followPhone(section).then(
      () => { button.removeEventListener('click', load); button.click(); },
      () => { isLoading = false; say('网络断开，请再试一次'); },
    );
  });
}
renumber();
