/* Sends pictures, one request each: tells the progress, tries again on a bad line, can be stopped, and knows what is
   under way. */

import { screenHint } from './picture-check.js';
import { say, setMessage, setState, showTools } from './picture-item.js';

const RETRY_WAITS = [1e3, 3e3, 9e3]; // milliseconds, as the next two
const SLOW_AFTER = 10e3;
const LONGEST = 600e3;
const OFFLINE = '网络断开，已填内容还在，恢复后点“重试”';
const SLOW = '网络较慢，请不要关闭页面';

/* Posts form fields; `handlers` are load(status, answer), error() and, if wanted, progress(event). Gives the request. */
export const poster = (token) => (path, fields, handlers) => {
  const request = new XMLHttpRequest();
  const body = new FormData();
  Object.keys(fields).forEach((name) => body.append(name, fields[name]));
  request.open('POST', path);
  request.setRequestHeader('X-CSRF-Token', token);
  request.setRequestHeader('Accept', 'application/json');
  request.timeout = LONGEST;
  if (handlers.progress) request.upload.addEventListener('progress', handlers.progress);
  request.addEventListener('load', () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch (error) { /* an empty answer */ }
    handlers.load(request.status, answer);
  });
  ['error', 'timeout', 'abort'].forEach((kind) => request.addEventListener(kind, () => handlers.error()));
  request.send(body);
  return request;
};

/* Says how far an upload is; aloud at each quarter only. */
const progressTeller = (item, sending) => {
  const progress = item.querySelector('progress');
  let told = 0;
  return (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.round(100 * event.loaded / event.total);
    const quarter = Math.floor(percent / 25);
    sending.isWhole = event.loaded >= event.total;
    progress.value = percent;
    setState(item, percent < 100 ? `正在上传 ${percent}%…` : '正在检查…', quarter > told && percent < 100);
    told = Math.max(told, quarter);
  };
};

export const transfersOf = (form, post) => {
  const isAtPhone = 'atPhone' in form.dataset;
  const underWay = new Set();
  const retries = new Map(); // how a broken upload goes on, by its item
  const sendings = new WeakMap(); // an item's request, whether all of it is on its way, and who is told of it after 取消
  let changes = 0;
  let proceed = null;

  /* What is broken is told above the button too, wherever the page stands. */
  const tellBroken = () => {
    const told = form.querySelector('[data-told]');
    if (!told) return;
    const numbers = Array.from(retries.keys()).map((item) => item.dataset.number);
    told.hidden = !numbers.length;
    told.querySelector('[data-told-words]').textContent = `第 ${numbers.join('、')} 张没有传完，其他内容都在`;
  };

  const begin = (item) => { underWay.add(item); changes += 1; };

  const end = (item) => {
    underWay.delete(item);
    changes += 1;
    tellBroken();
    if (underWay.size || !proceed) return;
    const then = proceed;
    proceed = null;
    then(!retries.size);
  };

  const showFailed = (item, again) => {
    item.classList.add('screenshot--failed');
    setState(item, '');
    setMessage(item, navigator.onLine === false ? OFFLINE : `第 ${item.dataset.number} 张没有传完，其他内容都在。`, true);
    const retry = item.querySelector('[data-retry]');
    retry.hidden = false;
    item.querySelector('[data-remove]').hidden = false;
    item.querySelector('[data-cancel]').hidden = true;
    const once = () => {
      retries.delete(item);
      tellBroken();
      item.classList.remove('screenshot--failed');
      retry.hidden = true;
      showTools(item, false);
      setMessage(item, '');
      again();
    };
    retries.set(item, once);
    retry.onclick = once;
  };

  /* Pictures of a supplement have no place yet before the first of them: `then` is called once there is one. */
  let waiting = null;
  const whereTo = (then, refused, failed) => {
    if (form.dataset.pictures) { then(); return; }
    if (waiting) { waiting.push([then, refused, failed]); return; }
    waiting = [[then, refused, failed]];
    const done = (tell) => { const all = waiting; waiting = null; all.forEach(tell); };
    post(form.dataset.picturesBegin, {}, {
      load: (status, answer) => {
        if (status === 201) form.dataset.pictures = answer.url;
        done(([go, stop]) => (status === 201 ? go() : stop(status, answer)));
      },
      error: () => done(([, , fail]) => fail()),
    });
  };

  /* One attempt, and the next ones after growing waits; `ended` gets the server's word. */
  const attempt = (item, fields, ended, number) => {
    const progress = item.querySelector('progress');
    const sending = { request: null, isWhole: false, late: null, timer: 0 };
    sendings.set(item, sending);
    begin(item);
    progress.hidden = false;
    progress.value = 0;
    item.querySelector('[data-cancel]').hidden = Boolean(fields.replaces); // the original stays
    item.querySelector('[data-line]').className = 'screenshot__state';
    setState(item, '正在上传…', number === 0);
    const slow = setTimeout(() => setMessage(item, SLOW, true), SLOW_AFTER);
    const stop = () => { clearTimeout(slow); progress.hidden = true; setMessage(item, ''); };
    const again = () => {
      stop();
      if (sending.late) { end(item); return; }
      if (number < RETRY_WAITS.length && navigator.onLine !== false) {
        setState(item, '网络不稳，正在重新上传…', number === 0);
        sending.timer = setTimeout(() => attempt(item, fields, ended, number + 1), RETRY_WAITS[number]);
      } else {
        showFailed(item, () => attempt(item, fields, ended, 0));
        end(item);
      }
    };
    const load = (status, answer) => {
      if (status >= 500 || status === 0) { again(); return; }
      stop();
      item.querySelector('[data-cancel]').hidden = true;
      (sending.late || ended)(status, answer);
      end(item);
    };
    const hint = { screen_hint: isAtPhone ? '' : screenHint() };
    whereTo(() => {
      if (sending.late) return;
      const told = { progress: progressTeller(item, sending), load, error: again };
      sending.request = post(form.dataset.pictures, Object.assign(hint, fields), told);
    }, load, again);
  };

  const api = {
    begin,
    end,
    /* Until it is through, refused or given up. */
    send: (item, file, fields, ended) => {
      const slot = item.closest('[data-slot]').dataset.slot;
      attempt(item, Object.assign({ slot, [slot]: file }, fields), ended, 0);
    },
    /* 取消. What is wholly under way can no longer be called back: `late` gets the server's word on it. */
    stop: (item, late) => {
      const sending = sendings.get(item);
      if (!sending) return;
      sending.late = late;
      clearTimeout(sending.timer);
      if (sending.isWhole) return;
      if (sending.request) sending.request.abort();
      end(item);
    },
    forget: (item) => { retries.delete(item); changes += 1; tellBroken(); },
    retryAll: () => Array.from(retries.values()).forEach((again) => again()),
    isBusy: () => underWay.size > 0,
    /* What was asked for before a change is old when it arrives. */
    changes: () => changes,
    /* Calls once nothing is under way any more, with whether all of it got through. False when somebody waits already. */
    wait: (then) => {
      if (proceed) return false;
      proceed = then;
      say('图片还在上传，传完后自动继续');
      return true;
    },
  };
  window.addEventListener('online', api.retryAll);
  return api;
};
