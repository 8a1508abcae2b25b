/* Pictures of a draft, on the PC's page and on the phone's: each is sent the moment it is there, while the rest is
   being typed. Nothing here needs a secure context. */

import { isHandheld, lightened, measured, refusalOf, screenHint } from './picture-check.js';
import { forThisDevice, hideQuestion, messageOf, say, setMessage, setState, showKept } from './picture-item.js';
import { addItem, forgetRefusal, itemsOf, renumber, room, setStatus, showNextEmpty, showRefusal, slotsOf } from './picture-slots.js';
import { poster, transfersOf } from './picture-transfer.js';

const form = document.querySelector('form[data-pictures]');
const url = () => form.dataset.pictures; // a supplement gets its place with its first picture
const rule = JSON.parse(form.dataset.rule);
const isAtPhone = 'atPhone' in form.dataset;
const token = form.querySelector('[name="csrf"]').value;
const post = poster(token);
const transfers = transfersOf(form, post);
const files = new WeakMap(); // what was chosen here, by its item
const slots = () => slotsOf(form);
const nothing = () => {};

/* Adding and removing */

const send = (item, file) => {
  files.set(item, file);
  transfers.send(item, file, {}, (status, answer) => {
    if (status === 201) {
      forgetRefusal(form, item.closest('[data-slot]'));
      showKept(item, answer, !isAtPhone);
      renumber(form);
      if (item.matches('.screenshot--ask')) item.scrollIntoView({ block: 'nearest' });
      else showNextEmpty(form);
    } else {
      showRefusal(form, item, messageOf(answer));
    }
  });
};

const upload = (slot, file) => {
  const item = addItem(form, slot, URL.createObjectURL(file));
  setState(item, '正在检查…');
  transfers.begin(item);
  measured(file)
    .then((seen) => lightened(file, seen).then((ready) => [ready, seen]))
    .then(([ready, seen]) => {
      if (!item.isConnected) { transfers.end(item); return; } // stopped meanwhile
      const refusal = refusalOf(rule, ready, seen);
      if (!refusal) {
        send(item, ready);
        return;
      }
      showRefusal(form, item, refusal.message);
      // The page says it again when it is opened the next time; whether that arrives matters to nobody here.
      const size = seen || { width: 0, height: 0 };
      const told = { slot: slot.dataset.slot, reason: refusal.code, width: size.width, height: size.height, bytes: ready.size };
      if (!isAtPhone && url()) post(`${url()}/refusals`, told, { load: nothing, error: nothing });
      transfers.end(item);
    });
};

const takeAll = (slot, chosen) => {
  const given = Array.from(chosen);
  const left = Math.max(0, room(slot));
  given.slice(0, left).forEach((file) => upload(slot, file));
  const over = given.length - left;
  if (over <= 0) return;
  const most = `每处最多 ${slot.dataset.most} 张，`;
  setStatus(slot, left ? `${most}后面 ${over} 张没有添加` : `${most}请先删除一张`);
};

const drop = (item) => {
  const next = item.nextElementSibling || item.previousElementSibling;
  const slot = item.closest('[data-slot]');
  item.remove();
  renumber(form);
  transfers.forget(item);
  setStatus(slot, '');
  say('已删除');
  const target = (next && next.querySelector('[data-remove]')) || slot.querySelector('input[type="file"]');
  if (target) target.focus();
};

/* 取消 of a running upload. One that can no longer be called back is removed as soon as the server has it. */
const cancel = (item) => {
  transfers.stop(item, (status, answer) => {
    if (status === 201 && !isAtPhone) post(`${url()}/${answer.id}/removal`, { csrf: token }, { load: nothing, error: nothing });
  });
  drop(item);
  say('已取消上传');
};

const remove = (item, then) => {
  const id = item.dataset.picture;
  const gone = () => { drop(item); (then || nothing)(); };
  if (!id || isAtPhone) { gone(); return; }
  post(`${url()}/${id}/removal`, { csrf: token }, {
    load: (status, answer) => (status < 300 ? gone() : say(answer.title || '没有删除，请再试一次')),
    error: () => setMessage(item, '网络断开，没有删除，请再试一次', true),
  });
};

/* 重新截 leads back to where a picture is given. */
const giveAnother = (item) => {
  const slot = item.closest('[data-slot]');
  remove(item, () => {
    setStatus(slot, isHandheld ? '请重新拍一张' : '请按 PrtSc 键截下整个屏幕，再按 Ctrl+V');
    slot.querySelector('[data-choose] .pick:not(.at-phone) input').focus();
  });
};

/* 是整个屏幕 */
const confirm = (item) => {
  post(`${url()}/${item.dataset.picture}/confirmation`, { csrf: token, confirm_full_screen: '1' }, {
    load: (status, answer) => {
      if (status >= 300) { setMessage(item, answer.title || '没有记下来，请再试一次', true); return; }
      hideQuestion(item);
      showKept(item, answer, true);
      renumber(form);
      item.querySelector('[data-remove]').focus();
      showNextEmpty(form);
    },
    error: () => setMessage(item, '网络断开，没有记下来，请再试一次', true),
  });
};

/* 标注 and 涂黑: what they need comes when they are first asked for. */

const change = (button) => {
  const item = button.closest('.screenshot');
  button.setAttribute('aria-busy', 'true');
  Promise.all([import('./picture-changes.js'), import('./picture-editor.js')])
    .then(([changes, editor]) => changes.change(button, editor.edit, { form, files, transfers, renumber: () => renumber(form) }))
    .catch(() => setMessage(item, '图片没有打开，请检查网络后再试一次', true))
    .then(() => button.removeAttribute('aria-busy'));
};

/* Ways in: choose, drop, paste */

slots().forEach((slot) => {
  slot.querySelectorAll('input[type="file"]').forEach((input) => {
    input.multiple = !input.hasAttribute('capture');
    input.addEventListener('change', () => { takeAll(slot, input.files); input.value = ''; });
  });
  slot.addEventListener('dragover', (event) => { event.preventDefault(); slot.classList.add('slot--over'); });
  slot.addEventListener('dragleave', () => slot.classList.remove('slot--over'));
  slot.addEventListener('drop', (event) => {
    event.preventDefault();
    slot.classList.remove('slot--over');
    const given = event.dataTransfer.files;
    if (given.length) takeAll(slot, given);
    else setStatus(slot, '拖来的是链接或文字，不是图片。请先把图片保存到电脑，再拖进来或点“选择图片”');
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
  if (!file) { setStatus(slot, forThisDevice('剪贴板里没有图片。请按 PrtSc 键截屏后再粘贴')); return; }
  event.preventDefault();
  takeAll(slot, [file]);
});

form.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const item = button.closest('.screenshot');
  const acts = { remove, cancel, again: giveAnother, confirm };
  const name = Object.keys(acts).find((act) => act in button.dataset);
  if (name) { event.preventDefault(); acts[name](item); }
  if ('edit' in button.dataset) change(button);
  if ('retryAll' in button.dataset) transfers.retryAll();
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

/* Before the line is asked for a word: what waits here is named first. */
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
  const told = form.querySelector('[data-told] button');
  (told || broken.querySelector('[data-retry]')).focus();
}, true);

/* The other device */

const receive = (found) => {
  const slot = form.querySelector(`[data-slot="${found.slot}"]`);
  if (!slot || form.querySelector(`[data-picture="${found.id}"]`)) return;
  forgetRefusal(form, slot);
  const item = addItem(form, slot, found.preview_url);
  showKept(item, found, true);
  renumber(form);
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
renumber(form);
showNextEmpty(form);
