/* What is typed goes into the sealed draft on the server while it is typed, and 继续 leaves the page only once the server
   has answered: a page that the line cannot carry stays. This computer keeps nothing but plain words, and only until the
   line is back. Everything works without this script. */

const form = document.querySelector('form[data-typed]');
const probe = document.querySelector('form[data-probe]');

const QUIET = 1500; // milliseconds after the last key
const OFTEN = 5000; // and while somebody types without a pause
const PATIENCE = 8000;
const AGAIN = 5000;
const FRESH = 2000; // so long an answer says that the line is alive
const BRIDGE = 'portal.unsent';

const say = (text) => { document.querySelector('#live').textContent = text; };

/* One line above the buttons. */
const line = document.createElement('p');
line.className = 'offline';
const tell = (owner, text) => {
  if (!line.parentElement) owner.querySelector('.actions').prepend(line); // it is always in view
  if (line.textContent === text) return;
  line.textContent = text;
  say(text);
};
const untell = () => { line.remove(); line.textContent = ''; };

/* An answer, or null where none came: no line, a dead one, or a proxy without the portal behind it. */
const answerOf = (url, options) => {
  const stop = window.AbortController ? new window.AbortController() : null;
  const timer = setTimeout(() => { if (stop) stop.abort(); }, PATIENCE);
  return fetch(url, Object.assign({ credentials: 'same-origin', cache: 'no-store', signal: stop && stop.signal }, options))
    .then((answer) => (answer.status >= 502 && answer.status <= 504 ? null : answer), () => null)
    .then((answer) => { clearTimeout(timer); return answer; });
};

/* 继续 waits for a word of the server, then sends the form as it is. Where no word comes it can still be forced. */
const guard = (owner, ask) => {
  let state = 'idle';
  let failed = 0;
  const primary = owner.querySelector('.actions .button--primary');
  const words = primary.textContent;
  let isDead = false;
  const restored = () => {
    if (!isDead) return;
    isDead = false;
    untell();
    say(`网络已恢复，请再点“${words.trim()}”`);
  };
  const listen = () => {
    if (isDead && state === 'idle') answerOf(location.pathname, { method: 'HEAD' }).then((answer) => (answer ? restored() : setTimeout(listen, AGAIN)));
  };
  window.addEventListener('online', restored);
  owner.addEventListener('submit', (event) => {
    if (state === 'pass') { state = 'idle'; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (state === 'asking') return;
    const button = event.submitter || primary;
    state = 'asking';
    primary.setAttribute('aria-busy', 'true');
    primary.textContent = primary.dataset.busyText;
    ask().then((isHeard) => {
      primary.removeAttribute('aria-busy');
      primary.textContent = words;
      state = 'idle';
      failed = isHeard ? 0 : failed + 1;
      if (isHeard || failed > 2) {
        state = 'pass';
        isDead = false;
        untell();
        if (owner.requestSubmit) owner.requestSubmit(button.form === owner ? button : null);
        else owner.submit();
        return;
      }
      isDead = true;
      tell(owner, `网络断开，已填内容还在，恢复后再点“${words.trim()}”`);
      setTimeout(listen, AGAIN);
    });
  }, true);
  window.addEventListener('pageshow', () => { state = 'idle'; });
};

/* Plain words that the server does not have yet, in this tab only. */
const isSecret = (text) => /(?:[0-9０-９][\s\-–—－_.]*){6}/.test(text)
  || /密\s*[码碼]|口令|[账帐賬帳]\s*[号號户戶]|用户名|身份[证證]|住院[号號]|pass|pwd|account|login|user/i.test(text);

const bridge = {
  read() { try { return JSON.parse(sessionStorage.getItem(BRIDGE)) || {}; } catch (error) { return {}; } },
  keep(kept) {
    try {
      if (Object.keys(kept).length) sessionStorage.setItem(BRIDGE, JSON.stringify(kept));
      else sessionStorage.removeItem(BRIDGE);
    } catch (error) { /* storage is switched off: the page itself still holds the text */ }
  },
};

const keepTyped = () => {
  const place = `${form.dataset.typed}#${form.elements.step.value}`;
  const sealed = (form.dataset.sealed || '').split(' ');
  const mark = (name) => form.elements[name];
  const texts = () => Array.from(form.elements).filter((box) => (
    /^(text|textarea)$/.test(box.type) && box.name && box.name !== 'pasted' && !sealed.includes(box.name)));
  let typed = 0; // counts changes
  let saved = 0; // what the server has of them
  let timer = 0;
  let since = 0;
  let underWay = null;
  let isStopped = false;
  let isLeaving = false;
  let heard = 0; // when the server answered last

  const body = () => {
    const fields = new URLSearchParams();
    new FormData(form).forEach((value, name) => { if (name !== 'pasted') fields.append(name, value); });
    const focused = document.activeElement;
    if (focused && focused.value && sealed.includes(focused.name)) fields.append('unfinished', focused.name);
    return fields;
  };

  const store = () => {
    const kept = bridge.read();
    delete kept[place];
    const fields = {};
    if (typed > saved) texts().forEach((box) => { if (box.value && !isSecret(box.value)) fields[box.name] = box.value; });
    if (Object.keys(fields).length) {
      kept[place] = { fields };
      ['draft', 'proposed', 'page', 'seen'].forEach((name) => { kept[place][name] = mark(name).value; });
    }
    bridge.keep(kept);
  };

  /* The page is its draft's from now on: F5 shows this one, whatever other windows began. */
  const claim = (answer) => {
    mark('draft').value = answer.draft;
    mark('proposed').value = '';
    if (!location.pathname.startsWith('/report/drafts/')) history.replaceState(null, '', answer.address);
  };

  const take = (answer, number) => {
    if (!answer) { store(); return false; }
    heard = Date.now();
    if (answer.status === 200 || answer.status === 204) saved = Math.max(saved, number); // 204: nothing to keep
    if (answer.status === 200) {
      if (!isLeaving) store(); // the next page may have been made before this was saved
      return answer.json().then((given) => { claim(given); return true; }, () => true);
    }
    if (answer.status === 409 || answer.status === 404) {
      isStopped = true;
      answer.json().then((given) => tell(form, `${given.title}。这一页的内容还在，按“继续”时再请您决定`), () => {});
    }
    return true;
  };

  /* Resolves to whether the server gave any word. One at a time: the first answer says which draft it is. */
  const save = (isLast) => {
    clearTimeout(timer);
    timer = 0;
    since = 0;
    if (underWay) return underWay.then(() => (typed > saved && !isStopped ? save(isLast) : true));
    const number = typed;
    const options = { method: 'POST', body: body(), headers: { Accept: 'application/json' }, keepalive: isLast === true };
    underWay = answerOf(form.dataset.typed, options)
      .then((answer) => take(answer, number))
      .then((isHeard) => { underWay = null; return isHeard; });
    return underWay;
  };

  const later = () => {
    typed += 1;
    if (isStopped) return;
    since = since || Date.now();
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(QUIET, since + OFTEN - Date.now())));
  };

  form.addEventListener('input', later);
  form.addEventListener('change', later);
  /* Before the next page is asked for, and while this one is put away. */
  const leave = () => {
    if (typed <= saved || isStopped) return;
    store();
    if (!underWay) save(true);
  };
  window.addEventListener('beforeunload', () => { isLeaving = true; setTimeout(() => { isLeaving = false; }, PATIENCE); leave(); });
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave(); });

  const restore = () => {
    const kept = bridge.read()[place];
    if (!kept) return;
    // The text that was pasted into that page went to the server with all its words, and has changed them.
    if (mark('seen').value === `paste-${kept.page}`) { store(); return; }
    const own = mark('draft').value;
    if (own !== kept.draft && own !== kept.proposed) {
      // Typed on a page that began a draft of its own: it does not belong into this one.
      if (!kept.draft && !location.search.includes('new=1')) location.replace(`${form.dataset.typed.replace(/\/typed$/, '')}?new=1`);
      return;
    }
    const lost = texts().filter((box) => kept.fields[box.name] && kept.fields[box.name] !== box.value);
    lost.forEach((box) => { box.value = kept.fields[box.name]; });
    if (!lost.length) { store(); return; }
    const isOthers = ![kept.seen, kept.page].includes(mark('seen').value); // written meanwhile: it is asked about
    // The same page goes on.
    if (!own || isOthers) ['proposed', 'page', 'seen'].forEach((name) => { mark(name).value = kept[name]; });
    say('刚才没有存上的文字已恢复');
    later();
  };
  restore();
  if (texts().some((box) => box.value !== box.defaultValue)) later(); // typed before this script was there

  guard(form, () => {
    if (isStopped) return answerOf(location.pathname, { method: 'HEAD' }).then(Boolean);
    const isFresh = typed > 0 && typed <= saved && !underWay && Date.now() - heard < FRESH;
    return isFresh ? Promise.resolve(true) : save();
  });
};

/* Pages without a draft: plain words stay in this tab until a page comes that shows that they arrived. */
const keepWords = (owner) => {
  const place = `words#${owner.getAttribute('action')}`;
  const boxes = () => Array.from(owner.querySelectorAll('textarea:not([data-is-sealed]), input[name=name]'));
  const choices = () => Array.from(owner.querySelectorAll('input[type=radio]'));
  const store = (isSent) => {
    const kept = bridge.read();
    const fields = {};
    boxes().forEach((box) => { if (box.value && !isSecret(box.value)) fields[box.name] = box.value; });
    delete kept[place];
    if (Object.keys(fields).length) {
      const chosen = {};
      choices().forEach((choice) => { if (choice.checked) chosen[choice.name] = choice.value; });
      kept[place] = { fields, chosen, isSent };
    }
    bridge.keep(kept);
  };
  const kept = bridge.read()[place];
  if (kept) {
    choices().forEach((choice) => {
      if (kept.chosen[choice.name] !== choice.value || choice.checked) return;
      choice.checked = true;
      choice.dispatchEvent(new Event('change', { bubbles: true }));
    });
    boxes().forEach((box) => { if (kept.fields[box.name] && box.value === box.defaultValue) box.value = kept.fields[box.name]; });
  }
  owner.addEventListener('input', () => store(false));
  owner.addEventListener('change', () => store(false));
  owner.addEventListener('submit', () => store(true));
  if (!kept && boxes().some((box) => box.value !== box.defaultValue)) store(false); // typed before this script was there
};

document.querySelectorAll('form[data-words]').forEach(keepWords);
if (form) keepTyped();
if (probe) guard(probe, () => answerOf(location.pathname, { method: 'HEAD' }).then(Boolean));
