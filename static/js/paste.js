/* A report or a picture that is pasted anywhere on the home page or on step 1. What a text says is the server's to read;
   one that is surely no list, such as a plain sentence in a box, stays an ordinary paste. */

const form = document.querySelector('form[data-paste]');
const base = form.dataset.paste;
const isHome = base === '/';
const note = form.querySelector('[data-paste-note]');
const box = form.querySelector('[data-paste-box]');
const SIGNS = /[:：】\t\n\v|｜│]/g; // what parts the labels and values of a list
const FEWEST = 2;

form.querySelectorAll('[data-needs-script]').forEach((element) => { element.hidden = false; });

const tell = (text, isBad) => {
  note.textContent = text;
  note.hidden = !text;
  note.classList.toggle('paste__note--bad', Boolean(isBad));
  document.getElementById('live').textContent = text;
};

const post = (path, body) => fetch(path, {
  method: 'POST', body, credentials: 'same-origin', headers: { Accept: 'application/json' },
}).then((response) => response.json().then((answer) => ({ status: response.status, answer })));

/* The page's fields; on the home page only its token. */
const fields = () => {
  const body = new FormData(form);
  body.delete('pasted');
  return body;
};

/* Text */

const mayBeList = (text) => (text.trim().match(SIGNS) || []).length >= FEWEST;

/* A text of which nothing was made goes where it was meant to go. */
const giveBack = (text, field) => {
  if (field && field.isConnected) {
    field.focus();
    document.execCommand('insertText', false, text);
    return;
  }
  box.open = true;
  box.querySelector('textarea').value = text;
};

const askKind = (text) => {
  giveBack(text, null);
  const which = box.querySelector('[data-paste-which]');
  which.hidden = false;
  box.scrollIntoView({ block: 'nearest' });
  box.querySelector('[data-paste-into]').focus();
  tell(which.textContent);
};

const fill = (text, field) => {
  const body = fields();
  body.append('pasted', text);
  tell('正在填到各栏…');
  post(`${base}paste`, body).then(({ status, answer }) => {
    if (status < 300 && answer.address) { location.assign(answer.address); return; }
    if (answer.is_kind_unclear) { askKind(text); return; }
    giveBack(text, field);
    tell(status < 300 ? answer.told : (answer.title || '没有填好，请再试一次'), true);
  }).catch(() => {
    giveBack(text, field);
    tell('网络断开，没有填到各栏，文字还在，恢复后再试一次', true);
  });
};

/* Pictures */

let waiting = []; // pasted on the home page, before a kind was chosen

const show = (answer) => {
  const early = document.querySelector('[data-early]');
  const item = document.createElement('li');
  const image = document.createElement('img');
  Object.assign(image, { src: answer.preview_url, alt: `附图 ${answer.number}`, className: 'thumb', width: 96, height: 54 });
  item.appendChild(image);
  early.querySelector('[data-early-list]').appendChild(item);
  early.hidden = false;
};

/* What the page still asks for, as the paste told it. */
const noLongerMissing = () => {
  const told = document.querySelector('[data-missing]');
  if (!told) return;
  told.querySelectorAll('[data-missing-step="screenshots"]').forEach((step) => step.remove());
  if (!told.querySelector('[data-missing-step]')) told.remove();
};

const keep = (picture, path, isLast) => import('./picture-check.js')
  .then((check) => check.measured(picture).then((seen) => check.lightened(picture, seen))
    .then((ready) => {
      const body = fields();
      body.set('screen_hint', check.screenHint());
      body.append('picture', ready, 'pasted.png');
      return post(path, body);
    }))
  .then(({ status, answer }) => {
    if (status !== 201) {
      tell(answer.errors && answer.errors[0] ? answer.errors[0].message : (answer.title || '图片没有收到，请再粘贴一次'), true);
      return null;
    }
    if (isHome) { if (isLast) location.assign(answer.address); return answer; }
    form.elements.draft.value = answer.draft;
    show(answer);
    if (answer.is_last) noLongerMissing();
    tell(`附图 ${answer.number}：${answer.line}，放在第 2 步“${answer.label}”`);
    return answer;
  })
  .catch(() => tell('网络断开，图片没有收到，恢复后请再粘贴一次', true));

let chain = Promise.resolve();
const take = (picture) => {
  if (isHome) {
    waiting.push(picture);
    tell('图片收到了。请点上面的问题类别，图片会放到第 2 步');
    return;
  }
  tell('正在接收图片…');
  chain = chain.then(() => keep(picture, `${base}pictures`));
};

if (isHome) {
  document.querySelectorAll('.window').forEach((link) => link.addEventListener('click', (event) => {
    if (!waiting.length) return;
    event.preventDefault();
    const [picture] = waiting;
    waiting = [];
    tell('正在接收图片…');
    keep(picture, `${link.getAttribute('href')}/pictures`, true).then((answer) => { if (!answer) waiting = [picture]; });
  }));
}

const pastedPicture = (clipboard) => {
  const item = Array.from(clipboard.items || []).find((entry) => entry.kind === 'file' && entry.type.startsWith('image/'));
  return item ? item.getAsFile() : null;
};

document.addEventListener('paste', (event) => {
  if (!event.clipboardData || document.querySelector('dialog[open]')) return;
  const text = event.clipboardData.getData('text/plain');
  const field = event.target.matches && event.target.matches('textarea, input') ? event.target : null;
  if (mayBeList(text)) {
    event.preventDefault();
    fill(text, field);
    return;
  }
  const picture = text.trim() ? null : pastedPicture(event.clipboardData);
  if (picture) {
    event.preventDefault();
    take(picture);
  } else if (!field && text.trim()) {
    fill(text, null);
  }
});

/* What a typed description says: offered where nothing was chosen, said in one line. */

const description = form.elements.description;
const wasRead = document.querySelector('[data-was-read]');

const markAsked = () => {
  if (form.elements.asked) return;
  const asked = document.createElement('input');
  Object.assign(asked, { type: 'hidden', name: 'asked', value: '1' });
  form.appendChild(asked);
};

const offer = ({ values, line }) => {
  const names = Object.keys(values).filter((name) => {
    const field = form.elements[name];
    if (!field || field.value) return false;
    field.value = values[name]; // of radio buttons: the one that is checked
    const changed = document.querySelector(`[name="${name}"]:checked`) || field;
    changed.dispatchEvent(new Event('change', { bubbles: true }));
    return true;
  });
  if (!names.length) return;
  wasRead.querySelector('[data-was-read-line]').textContent = line;
  const read = wasRead.querySelector('[name="read"]');
  read.disabled = false;
  read.value = names.join(',');
  wasRead.hidden = false;
  markAsked();
};

if (description && wasRead) {
  description.addEventListener('change', () => {
    if (form.elements.asked || !description.value.trim()) return;
    post(`${base}reading`, fields()).then(({ status, answer }) => { if (status === 200) offer(answer); }).catch(() => {});
  });
  /* 去掉: here and now; without the script it is a post. */
  wasRead.querySelector('[name="undo"]').addEventListener('click', (event) => {
    event.preventDefault();
    wasRead.querySelector('[name="read"]').value.split(',').forEach((name) => {
      document.querySelectorAll(`[name="${name}"]:checked`).forEach((input) => { input.checked = false; });
      if (form.elements[name] && form.elements[name].tagName) form.elements[name].value = '';
    });
    wasRead.hidden = true;
    markAsked();
    document.dispatchEvent(new Event('change', { bubbles: true }));
    tell('已去掉');
  });
}
