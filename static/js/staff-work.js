/* The ticket page at work: one form open at a time, unsent texts kept on the server, and who else is here. */

const SAVE_MS = 2000;
const RENEW_MS = 20000;
const panel = document.querySelector('[data-work]');
const line = document.querySelector('[data-unsent-line]');
const there = document.querySelector('[data-presence]');
const boxes = Array.from(document.querySelectorAll('[data-unsent]'));
let timer = 0;
let isUnsaved = false; // something was typed that the server does not have yet
let isSending = false;

const token = () => document.querySelector('form [name=csrf]').value;

const body = (fields) => new URLSearchParams(Object.assign({ csrf: token() }, fields));

const post = (address, fields, headers) => fetch(address, {
  method: 'POST', body: body(fields), credentials: 'same-origin', redirect: 'error',
  headers: Object.assign({ Accept: 'application/json' }, headers),
});

const say = (text, isWrong) => {
  if (!line) return;
  line.textContent = text;
  line.hidden = !text;
  line.classList.toggle('field__error', Boolean(isWrong));
};

const typed = () => {
  const found = {};
  for (const box of boxes) if (box.value.trim()) found[`text.${box.dataset.unsent}`] = box.value;
  return found;
};

const save = async () => {
  clearTimeout(timer);
  if (!isUnsaved || isSending) return;
  isUnsaved = false;
  try {
    const response = await post(panel.dataset.work, typed(), {});
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    if (!isUnsaved && !isSending) say(Object.keys(typed()).length ? `没有发出的文字已在 ${answer.saved_at} 保存，只有您能看到` : '');
  } catch (error) {
    isUnsaved = true;
    say('没有发出的文字暂时保存不了（网络断开或登录已超时），离开前请先复制', true);
  }
};

if (panel) {
  for (const box of boxes) {
    box.addEventListener('input', () => {
      isUnsaved = true;
      clearTimeout(timer);
      timer = setTimeout(save, SAVE_MS);
    });
  }
  for (const form of document.querySelectorAll('form[method=post]')) {
    form.addEventListener('submit', () => {
      const others = boxes.filter((box) => box.form !== form && box.value.trim());
      if (others.length && isUnsaved) {
        navigator.sendBeacon(panel.dataset.work, body(typed()));
      }
      isSending = true;
    });
  }
  window.addEventListener('pagehide', () => {
    if (isUnsaved && !isSending) {
      navigator.sendBeacon(panel.dataset.work, body(typed()));
      isUnsaved = false;
    }
  });
  window.addEventListener('beforeunload', (event) => {
    if (!isUnsaved || isSending || (line && !line.classList.contains('field__error'))) return;
    event.preventDefault(); // it could not be kept: the browser asks
    event.returnValue = '';
  });
}

/* One form of the panel is open at a time. */
for (const fold of document.querySelectorAll('[data-one-open]')) {
  fold.addEventListener('toggle', () => {
    if (!fold.open) return;
    for (const other of document.querySelectorAll('[data-one-open][open]')) {
      const isBegun = Array.from(other.querySelectorAll('textarea')).some((box) => box.value.trim());
      if (other !== fold && !isBegun) other.open = false;
    }
  });
}

const renew = async () => {
  if (document.visibilityState !== 'visible') return;
  const mode = boxes.some((box) => box === document.activeElement || box.value.trim()) ? 'writing' : 'viewing';
  try {
    const response = await post(there.dataset.presence, { mode }, { 'x-by-timer': '1' });
    if (!response.ok) return;
    const answer = await response.json();
    there.textContent = answer.others.map((one) => one.text).join('，');
    there.hidden = answer.others.length === 0;
  } catch (error) {
    there.hidden = true; // nobody is known to be here while the line is down
  }
};

if (there) {
  renew();
  setInterval(renew, RENEW_MS);
  document.addEventListener('visibilitychange', renew);
}

/* Picking every row of the page. */
const all = document.querySelector('[data-pick-all]');
if (all) {
  all.addEventListener('change', () => {
    for (const box of document.querySelectorAll('.row-tick input')) box.checked = all.checked;
  });
}
