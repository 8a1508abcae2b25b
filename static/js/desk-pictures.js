/* 附图 at the desk: chosen or pasted, a picture goes at once, with its progress; the answer's own part of the page takes the
   place of this one. Without this script the pictures go with the form. */

const form = document.querySelector('[data-desk-pictures]').closest('form');
const section = () => form.querySelector('[data-desk-pictures]');
/* What is not sent along: files of other slots, secrets, and the word for a picture that was refused. */
const LEFT_OUT = '[type=file], [data-secrets] [name], [type=password], .input--secret, [name^="keep-"]';

const toldOf = (input) => input.closest('[data-paste-slot]').querySelector('[data-sending]');

const say = (text) => { document.querySelector('#live').textContent = text; };

const bodyWith = (input, chosen) => {
  const body = new FormData(form);
  form.querySelectorAll(LEFT_OUT).forEach((other) => body.delete(other.name));
  body.append('action', 'save');
  chosen.forEach((file) => body.append(input.name, file));
  return body;
};

/* Only this part is new: what is typed elsewhere on the page stays, and so do files of it that are not yet sent. */
const show = (text, sent) => {
  const found = new window.DOMParser().parseFromString(text, 'text/html').querySelector('[data-desk-pictures]');
  if (!found) return false;
  const kept = new Map(Array.from(section().querySelectorAll('[name^="keep-"]'), (input) => [input.name, input.value]));
  found.querySelectorAll('[data-needs-script]').forEach((element) => { element.hidden = false; });
  found.querySelectorAll('[data-without-script]').forEach((element) => { element.hidden = true; });
  const waiting = Array.from(section().querySelectorAll('[type=file]'))
    .filter((input) => input.files.length && input.files[0] !== sent[0]).map((input) => [input, toldOf(input)]);
  section().replaceWith(document.importNode(found, true));
  waiting.forEach(([input, told]) => {
    const now = section().querySelector(`#${input.id}`);
    if (!now) return;
    toldOf(now).replaceWith(told);
    now.replaceWith(input);
  });
  kept.forEach((value, name) => { const input = form.querySelector(`[name="${name}"]`); if (input) input.value = value; });
  const choice = form.querySelector('[name="kind"]:checked');
  if (choice) choice.dispatchEvent(new Event('change', { bubbles: true }));
  say(section().querySelector('.field__error, .screenshot__message') ? '图片已上传，请看提示' : '图片已上传');
  return true;
};

const underWay = new Set();
let pressed = null; // the button of a form that waits for its pictures

/* Pressed again on the page as it is by now; its own button may have gone with the old part. */
const goOn = () => {
  if (underWay.size || !pressed) return;
  const { name, value } = pressed;
  const found = pressed.isConnected ? pressed : Array.from(form.querySelectorAll('[type=submit]'))
    .find((button) => button.name === name && button.value === value);
  pressed.removeAttribute('aria-busy');
  pressed = null;
  if (found) found.click();
};

const send = (input) => {
  const chosen = Array.from(input.files);
  const told = toldOf(input);
  if (!chosen.length) return;
  const request = new XMLHttpRequest();
  const stop = document.createElement('button');
  const failed = () => {
    told.textContent = request.isStopped ? '已取消' : '没有传完，其他内容都在。提交时会再传一次';
    if (request.isStopped) input.value = '';
  };
  stop.type = 'button';
  stop.className = 'button button--small button--quiet';
  stop.textContent = '取消';
  stop.addEventListener('click', () => { request.isStopped = true; request.abort(); });
  told.replaceChildren('正在上传…', stop);
  request.open('POST', form.getAttribute('action'));
  request.upload.addEventListener('progress', (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.round(100 * event.loaded / event.total);
    told.firstChild.textContent = percent < 100 ? `正在上传 ${percent}%… ` : '正在检查… ';
  });
  request.addEventListener('load', () => {
    if (request.status >= 500 || !show(request.responseText, chosen)) { failed(); return; }
    history.replaceState(null, '', form.getAttribute('action'));
  });
  ['error', 'abort', 'timeout'].forEach((kind) => request.addEventListener(kind, failed));
  request.addEventListener('loadend', () => { underWay.delete(request); goOn(); });
  underWay.add(request);
  request.send(bodyWith(input, chosen));
};

const addPasted = (event) => {
  const files = Array.from((event.clipboardData && event.clipboardData.files) || []).filter((file) => file.type.startsWith('image/'));
  if (!files.length) return;
  const at = event.target instanceof Element ? event.target.closest('[data-paste-slot]') : null;
  const free = (slot) => !slot.hidden && slot.querySelector('input[type=file]');
  const slot = at || Array.from(form.querySelectorAll('[data-paste-slot]')).find(free);
  const input = slot && slot.querySelector('input[type=file]');
  if (!input) return;
  event.preventDefault();
  const kept = new DataTransfer();
  files.forEach((file) => kept.items.add(file));
  input.files = kept.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
};

/* A form sent beside a running upload would bring its picture a second time. */
form.addEventListener('submit', (event) => {
  if (!underWay.size) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  pressed = event.submitter || form.querySelector('.button--primary');
  pressed.setAttribute('aria-busy', 'true');
  say('图片还在上传，传完后自动继续');
}, true);
form.addEventListener('change', (event) => { if (event.target.type === 'file') send(event.target); });
/* Chosen on a slow line before this script came. */
form.querySelectorAll('[type=file]').forEach(send);
document.addEventListener('paste', addPasted);
