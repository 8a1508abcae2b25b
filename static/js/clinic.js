/* The clinic's filing: what makes the plain form quicker. Every page works without it. */

const say = (text) => { document.querySelector('#live').textContent = text; };

/* Storage that may be switched off or full. */
const remembered = {
  get(name) { try { return localStorage.getItem(`portal.${name}`) || ''; } catch (error) { return ''; } },
  set(name, value) { try { localStorage.setItem(`portal.${name}`, value); } catch (error) { /* a convenience only */ } },
  clear() {
    try {
      [localStorage, sessionStorage].forEach((store) => Object.keys(store)
        .filter((key) => key.startsWith('portal.')).forEach((key) => store.removeItem(key)));
    } catch (error) { /* nothing was kept */ }
  },
};

document.querySelectorAll('[data-needs-script]').forEach((element) => { element.hidden = false; });
document.querySelectorAll('[data-without-script]').forEach((element) => { element.hidden = true; });
const first = document.querySelector('[data-focus-first]');
const aim = document.getElementById(location.hash.slice(1));
if (first) first.focus();
/* A box that opens only to change its value. */
else if (aim && aim.closest('details')) { aim.closest('details').open = true; aim.focus(); }

/* A refused step is the answer to a post, which Back cannot show again: it becomes the page of its draft, which can. */
const step = document.querySelector('form[data-step]');
if (step) {
  const isAnswer = step.querySelector('.error-summary, .told') && !location.pathname.startsWith('/report/drafts/');
  history.replaceState(null, '', (isAnswer && step.dataset.address) || location.href);
}
if (navigator.cookieEnabled === false) {
  document.querySelectorAll('[data-cookies-off]').forEach((notice) => { notice.hidden = false; });
}

/* Show or hide a password; it goes back to hidden before it is sent. A reported password is hidden by style alone,
   because a browser offers to keep what was ever in a password box. */
document.querySelectorAll('[data-password]').forEach((box) => {
  const input = box.querySelector('input');
  const isStyled = input.matches('.input--secret') && window.CSS.supports('-webkit-text-security', 'disc');
  const button = document.createElement('button');
  const set = (shown) => {
    if (!isStyled) input.type = shown ? 'text' : 'password';
    input.toggleAttribute('data-shown', shown);
    button.textContent = shown ? '隐藏' : '显示';
    button.setAttribute('aria-label', shown ? box.dataset.hide : box.dataset.show);
  };
  button.type = 'button';
  button.className = 'button button--quiet';
  button.addEventListener('click', () => { set(!input.hasAttribute('data-shown')); input.focus(); });
  if (input.form) input.form.addEventListener('submit', () => set(false));
  box.appendChild(button);
  set(false);
});

/* Fields that only some answers call for. They keep what was typed while hidden. */
document.documentElement.classList.add('scripted');
const conditional = Array.from(document.querySelectorAll('[data-shown-when]'));
const showConditional = () => conditional.forEach((element) => {
  const wanted = element.dataset.shownWhen.split(' ').some((condition) => {
    const [name, value] = condition.split('=');
    return Array.from(document.querySelectorAll(`[name="${name}"]:checked`)).some((input) => input.value === value);
  });
  element.hidden = !wanted && !element.querySelector('.field--refused');
});
if (conditional.length) {
  document.addEventListener('change', showConditional);
  showConditional();
}

/* Words that belong elsewhere show the way there; nothing is moved and nothing is kept from being sent. */
document.querySelectorAll('[data-hint-words]').forEach((box) => {
  const hint = box.form && box.form.querySelector('[data-hint]');
  const words = box.dataset.hintWords.split(' ');
  if (!hint) return;
  const show = () => { hint.hidden = !words.some((word) => box.value.includes(word)); };
  box.addEventListener('input', show);
  show();
});

/* The list of names comes when its box is first used, not when it is only arrived at: the page itself has five requests
   at most. */
let isArriving = false;
document.querySelectorAll('form[data-suggestions-script]').forEach((form) => {
  ['compositionstart', 'compositionend'].forEach((name) => form.addEventListener(name, (event) => {
    event.target.toggleAttribute('data-composing', name === 'compositionstart');
  }));
  ['focusin', 'input'].forEach((name) => form.addEventListener(name, (event) => {
    if (!event.target.dataset.suggestions || isArriving || form.dataset.suggestionsScript === '') return;
    const script = document.createElement('script');
    script.type = 'module';
    script.src = form.dataset.suggestionsScript;
    form.dataset.suggestionsScript = '';
    document.head.appendChild(script);
  }));
});

/* Words that were sent have arrived once the portal answers; only Back behind a page of the browser's own has them again. */
const forgetSent = () => {
  const way = window.performance.getEntriesByType('navigation')[0];
  if (way && way.type === 'back_forward') return;
  try {
    const kept = JSON.parse(sessionStorage.getItem('portal.unsent') || '{}');
    Object.keys(kept).filter((place) => kept[place].isSent).forEach((place) => { delete kept[place]; });
    if (Object.keys(kept).length) sessionStorage.setItem('portal.unsent', JSON.stringify(kept));
    else sessionStorage.removeItem('portal.unsent');
  } catch (error) { /* storage is switched off */ }
};
forgetSent();

/* What keeps typed text comes once the page is at rest, or with the first sign of somebody there; at once if there is some
   to restore. A pointer that only lies there while the page comes is no such sign. */
const keeper = document.querySelector('form[data-draft-script]');
if (keeper) {
  const signs = ['pointermove', 'pointerdown', 'touchstart', 'keydown', 'input', 'scroll'];
  const load = (event) => {
    if (event && event.type === 'pointermove' && !event.movementX && !event.movementY) return;
    signs.forEach((sign) => window.removeEventListener(sign, load, true));
    if (!keeper.dataset.draftScript) return;
    const script = keeper.dataset.draftScript;
    keeper.dataset.draftScript = '';
    import(script).catch(() => { /* the plain form is left */ });
  };
  signs.forEach((sign) => window.addEventListener(sign, load, true));
  window.addEventListener('load', () => setTimeout(() => load(), 1500));
  try { if (sessionStorage.getItem('portal.unsent')) load(); } catch (error) { /* storage is switched off */ }
}

/* Articles that fit what is typed come with the first word of the description. */
document.querySelectorAll('[data-articles-script]').forEach((box) => {
  const typed = document.getElementById('field-description');
  const load = () => {
    if (!box.dataset.articlesScript) return;
    import(box.dataset.articlesScript).catch(() => { /* the list of the page is left */ });
    box.dataset.articlesScript = '';
  };
  if (!typed) return;
  typed.addEventListener('input', load);
  if (typed.value) load();
});

/* What stays the same from one report to the next on this computer. */
document.querySelectorAll('[data-remember]').forEach((input) => {
  if (!input.value) input.value = remembered.get(input.dataset.remember);
  input.addEventListener('change', () => remembered.set(input.dataset.remember, input.value.trim()));
});

/* Typing starts in the first empty box; a touch screen would open its keyboard over the page. */
if (step && !first && !aim && !window.matchMedia('(pointer: coarse)').matches) {
  const empty = Array.from(step.querySelectorAll('.input')).find((input) => !input.value && input.offsetParent && !input.closest('details'));
  isArriving = true;
  if (empty) empty.focus({ preventScroll: true });
  isArriving = false;
}

document.querySelectorAll('[data-forget="all"]').forEach((form) => form.addEventListener('submit', () => remembered.clear()));
document.querySelectorAll('[data-print]').forEach((button) => button.addEventListener('click', () => window.print()));

/* Several values are copied as lines, each behind its label. */
const linesOf = (ids) => {
  const lines = document.createElement('pre');
  lines.className = 'copied-lines';
  const textOf = (id) => document.getElementById(id).textContent.trim();
  lines.textContent = ids.map((id) => `${textOf(`${id}-label`)}：${textOf(id)}`).join('\n');
  return document.body.appendChild(lines);
};

/* Copy without a secure context: select and copy. */
document.querySelectorAll('[data-copy]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => {
    const ids = button.dataset.copy.split(' ');
    const made = ids.length > 1 ? linesOf(ids) : null;
    const range = document.createRange();
    range.selectNodeContents(made || document.getElementById(ids[0]));
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    const done = document.execCommand('copy');
    if (made) made.remove();
    button.textContent = done ? '已复制' : '请按 Ctrl+C';
    say(button.textContent);
  });
});

/* Without a line the browser would put its own error page in the place of what was typed. It says so once: browsers err. */
const offline = document.createElement('p');
offline.className = 'offline';
const tellLine = (button, text) => {
  if (!offline.parentElement) button.closest('.actions').prepend(offline);
  offline.textContent = text;
  say(text);
};
window.addEventListener('online', () => {
  if (offline.parentElement) { offline.remove(); say('网络已恢复，请再试一次'); }
});

/* One press, one post. */
document.querySelectorAll('form[data-step]').forEach((form) => {
  let sent = false;
  form.addEventListener('submit', (event) => {
    if (sent) { event.preventDefault(); return; }
    const primary = form.querySelector('.actions .button--primary');
    if (navigator.onLine === false && primary && !offline.parentElement) {
      event.preventDefault();
      tellLine(primary, `网络断开，已填内容还在，恢复后再点“${primary.textContent.trim()}”`);
      return;
    }
    sent = true;
    const button = event.submitter && event.submitter.dataset.busyText ? event.submitter : null;
    if (button) {
      button.setAttribute('aria-busy', 'true');
      button.textContent = button.dataset.busyText;
      say(button.dataset.busyText);
    }
  });
  window.addEventListener('pageshow', () => { sent = false; });
});
