/* Staff pages with tickets. Everything here is comfort: each page works without it. */

const SHOWN_MS = 60000;
const live = document.getElementById('live');

const say = (text) => {
  if (live) live.textContent = text;
};

/* Copying: plain-HTTP intranets have no navigator.clipboard, so the old way stays. */
const copyText = (text) => {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const box = document.createElement('textarea');
  box.value = text;
  box.setAttribute('readonly', '');
  box.className = 'visually-hidden';
  document.body.appendChild(box);
  box.select();
  const done = document.execCommand('copy');
  box.remove();
  return done ? Promise.resolve() : Promise.reject(new Error('copy refused'));
};

const button = (text, onClick) => {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'button button--small button--quiet';
  made.textContent = text;
  made.addEventListener('click', onClick);
  return made;
};

const copyButton = (read) => {
  const made = button('复制', () => {
    copyText(read()).then(() => { made.textContent = '已复制'; }, () => { made.textContent = '请手动复制'; });
  });
  return made;
};

/* Revealing: the value stands in place of its mask for a minute, and nowhere else. */
let hideShown = null; // one value at a time: the next look hides the one before

const showValue = (secret, answer) => {
  if (hideShown) hideShown();
  const place = secret.querySelector('[data-secret-value]');
  const ask = secret.querySelector('details');
  const mask = Array.from(place.childNodes);
  const shown = document.createElement('span');
  shown.className = 'revealed';
  const value = document.createElement('span');
  value.className = 'revealed__value';
  value.textContent = answer.value;
  const line = document.createElement('span');
  line.className = 'revealed__time';
  line.setAttribute('aria-hidden', 'true');
  shown.append(value, line);
  const rest = document.createElement('span');
  rest.className = 'secret__rest';
  const ends = Date.now() + SHOWN_MS;
  let timer = 0;

  const hide = () => {
    hideShown = null;
    clearInterval(timer);
    value.textContent = '';
    place.replaceChildren(...mask);
    ask.hidden = false;
    ask.open = false;
    window.removeEventListener('pagehide', hide);
    say(`${answer.label}已隐藏`);
  };
  const tick = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (left <= 0) hide();
    else rest.textContent = `已记录本次查看。${left} 秒后自动隐藏`;
  };
  const ways = document.createElement('span');
  ways.className = 'secret__ways';
  const copy = copyButton(() => answer.value);
  ways.append(copy, button('立即隐藏', hide));
  place.replaceChildren(shown, ways, rest);
  ask.hidden = true;
  copy.focus();
  tick();
  timer = setInterval(tick, 500);
  window.addEventListener('pagehide', hide);
  hideShown = hide;
  say(`${answer.label}已显示，60 秒后自动隐藏`);
};

/* After a quiet time the portal asks who is there: in place, with what was chosen kept. */
const askConfirmation = (form, message) => {
  for (const old of document.querySelectorAll('form [data-confirmation]')) old.remove();
  const fields = document.querySelector('template[data-confirmation-fields]');
  form.insertBefore(fields.content.cloneNode(true), form.querySelector('.field__label'));
  form.querySelector('[data-confirmation] input').focus();
  return new Error(message);
};

/* Account and password are mostly looked at together: the reason stands there for the next look, to be seen and sent. */
const offerReason = (form) => {
  const reason = form.elements.reason.value;
  const more = form.elements.reason_text.value;
  for (const next of document.querySelectorAll('form[data-reveal]')) {
    next.elements.reason.value = reason;
    next.elements.reason_text.value = more;
  }
};

const reveal = async (form) => {
  const problem = form.querySelector('[data-reveal-error]');
  const send = form.querySelector('[type=submit]');
  problem.hidden = true;
  send.disabled = true;
  try {
    const response = await fetch(form.action, {
      method: 'POST',
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: 'application/json' },
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'manual',
    });
    if (response.type === 'opaqueredirect') {
      throw new Error('登录已超时，请重新登录');
    }
    const answer = await response.json();
    if (answer.confirm) throw askConfirmation(form, answer.title);
    if (!response.ok) throw new Error(answer.errors ? answer.errors[0].message : answer.title);
    for (const old of form.querySelectorAll('[data-confirmation]')) old.remove();
    offerReason(form);
    showValue(form.closest('[data-secret]'), answer);
  } catch (error) {
    problem.textContent = error instanceof TypeError || error instanceof SyntaxError
      ? '没有连上，请稍后再试' : error.message;
    problem.hidden = false;
  } finally {
    send.disabled = false;
  }
};

for (const form of document.querySelectorAll('form[data-reveal]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    reveal(form);
  });
}

/* One press, one post; the page comes back fresh when the browser keeps it for the back button. */
for (const form of document.querySelectorAll('form[method=post]:not([data-reveal])')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = '1';
    const send = form.querySelector('[data-busy-text]');
    if (send) {
      send.setAttribute('aria-busy', 'true');
      send.textContent = send.dataset.busyText;
    }
  });
}
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

for (const copy of document.querySelectorAll('[data-copy]')) {
  const source = document.getElementById(copy.dataset.copy);
  copy.hidden = false;
  copy.addEventListener('click', () => {
    copyText(source.textContent.trim()).then(() => { copy.textContent = '已复制'; }, () => { copy.textContent = '请手动复制'; });
  });
}

for (const hidden of document.querySelectorAll('[data-needs-script]')) hidden.hidden = false;

/* A picture that does not open says so, and only for itself. */
const picture = document.querySelector('[data-picture]');
const showBroken = () => {
  document.querySelector('[data-picture-broken]').hidden = false;
  picture.closest('.viewer').hidden = true;
};
if (picture) {
  if (picture.complete && picture.naturalWidth === 0) showBroken();
  else picture.addEventListener('error', showBroken);
}
