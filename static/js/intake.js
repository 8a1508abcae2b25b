/* The clinic's filing: what makes the plain form quicker. Every page works without it.
   ES2017 for Chrome 109 and older kernels; nothing that needs a secure context. */

const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
const one = (selector, root) => (root || document).querySelector(selector);
const say = (text) => { one('#live').textContent = text; };

/* The reporter's own screen: page zoom is in devicePixelRatio, so all numbers are sent and the server works it out. */
const screenHint = () => (window.outerWidth ? JSON.stringify({
  width: screen.width,
  height: screen.height,
  dpr: window.devicePixelRatio,
  innerWidth: window.innerWidth,
  outerWidth: window.outerWidth,
}) : '');

/* Storage that may be switched off or full. */
const remembered = {
  get(name) { try { return localStorage.getItem('portal.' + name) || ''; } catch (error) { return ''; } },
  set(name, value) { try { localStorage.setItem('portal.' + name, value); } catch (error) { /* a convenience only */ } },
  clear() { try { Object.keys(localStorage).filter((key) => key.startsWith('portal.')).forEach((key) => localStorage.removeItem(key)); } catch (error) { /* nothing was kept */ } },
};

all('[data-needs-script]').forEach((element) => { element.hidden = false; });
all('[data-without-script]').forEach((element) => { element.hidden = true; });
all('[data-focus-first]').slice(0, 1).forEach((element) => element.focus());

/* A refused step is the answer to a post, which Back cannot show again: it becomes the page of its address, which can. */
if (one('form[data-step]')) history.replaceState(null, '', location.href);

/* Show or hide a password; it goes back to hidden before it is sent. */
all('[data-password]').forEach((box) => {
  const input = one('input', box);
  const button = document.createElement('button');
  const set = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? '隐藏' : '显示';
    button.setAttribute('aria-label', shown ? box.dataset.hide : box.dataset.show);
  };
  button.type = 'button';
  button.className = 'button button--quiet';
  button.addEventListener('click', () => { set(input.type === 'password'); input.focus(); });
  if (input.form) input.form.addEventListener('submit', () => set(false));
  box.appendChild(button);
  set(false);
});

/* Fields that only some answers call for. They keep what was typed while hidden. */
const conditional = all('[data-shown-when]');
const showConditional = () => conditional.forEach((element) => {
  const wanted = element.dataset.shownWhen.split(' ').some((condition) => {
    const [name, value] = condition.split('=');
    return all('[name="' + name + '"]:checked').some((input) => input.value === value);
  });
  element.hidden = !wanted && !one('.field--refused', element);
});
if (conditional.length) {
  document.addEventListener('change', showConditional);
  showConditional();
}

/* What stays the same from one report to the next on this computer. */
all('[data-remember]').forEach((input) => {
  if (!input.value) input.value = remembered.get(input.dataset.remember);
  input.addEventListener('change', () => remembered.set(input.dataset.remember, input.value.trim()));
});
all('[data-forget="all"]').forEach((form) => form.addEventListener('submit', () => remembered.clear()));
all('[data-print]').forEach((button) => button.addEventListener('click', () => window.print()));

/* Copy without a secure context: select and copy. */
all('[data-copy]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(button.dataset.copy));
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    const done = document.execCommand('copy');
    button.textContent = done ? '已复制' : '请按 Ctrl+C';
    say(button.textContent);
  });
});

/* Pictures: each is sent the moment it is there, while the rest is being typed. */
const pictures = (form) => {
  const url = form.dataset.pictures;
  const token = one('[name="csrf"]', form).value;
  const template = document.getElementById('print-template');
  const waits = [1000, 3000, 9000];
  const going = new Set();
  let whenDone = null;

  const slots = () => all('[data-slot]', form);
  const kept = (slot) => all('.print:not(.print--refused)', slot);

  const renumber = () => {
    all('.print', form).forEach((print, at) => {
      const which = one('[data-which]', print);
      if (which) which.textContent = '附图 ' + (at + 1);
      print.dataset.number = at + 1;
    });
    slots().forEach((slot) => {
      const choose = one('[data-choose]', slot);
      if (!choose) return;
      const count = kept(slot).length;
      choose.hidden = count >= Number(slot.dataset.most);
      one('.next-picture', slot).firstChild.textContent = count ? '再加一张（最多 ' + slot.dataset.most + ' 张）' : '选择图片';
    });
  };

  const post = (path, fields, handlers) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    Object.keys(fields).forEach((name) => body.append(name, fields[name]));
    request.open('POST', path);
    request.setRequestHeader('X-CSRF-Token', token);
    request.setRequestHeader('Accept', 'application/json');
    request.timeout = 600000;
    if (handlers.progress) request.upload.addEventListener('progress', handlers.progress);
    request.addEventListener('load', () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch (error) { /* an empty answer */ }
      handlers.load(request.status, answer);
    });
    ['error', 'timeout', 'abort'].forEach((kind) => request.addEventListener(kind, () => handlers.error()));
    request.send(body);
  };

  const finished = (print) => {
    going.delete(print);
    if (going.size || !whenDone) return;
    const proceed = whenDone;
    whenDone = null;
    if (!one('.print--failed', form)) proceed();
  };

  const state = (print, text, aloud) => {
    one('[data-state]', print).textContent = text;
    if (aloud) say(text);
  };

  const tell = (print, text) => {
    const message = one('[data-message]', print);
    message.textContent = text;
    message.hidden = !text;
  };

  const remove = (print) => {
    const id = print.dataset.picture;
    const gone = () => {
      const next = print.nextElementSibling || print.previousElementSibling;
      const slot = print.closest('[data-slot]');
      print.remove();
      renumber();
      say('已删除');
      const target = (next && one('button', next)) || one('input[type="file"]', slot);
      if (target) target.focus();
    };
    if (!id) { gone(); return; }
    post(url + '/' + id + '/removal', { csrf: token }, {
      load: (status, answer) => (status < 300 ? gone() : say(answer.title || '没有删除，请再试一次')),
      error: () => say('网络断开，没有删除，请再试一次'),
    });
  };

  /* A fault that is mended leaves the list on top. */
  const mended = (slot) => {
    const summary = one('.error-summary', form);
    const link = summary && one('a[href="#field-' + slot + '"]', summary);
    if (!link) return;
    link.parentElement.remove();
    const left = all('li', summary).length;
    one('h2', summary).textContent = '有 ' + left + ' 处需要修改';
    if (!left) summary.remove();
  };

  const accepted = (print, answer) => {
    mended(answer.slot);
    const asks = answer.verdict === 'ask';
    print.dataset.picture = answer.id;
    print.classList.toggle('print--ask', asks);
    const remover = one('[name="remove"]', print);
    remover.value = answer.id;
    remover.hidden = false;
    const size = answer.width + ' × ' + answer.height + ' 像素，';
    state(print, '附图 ' + print.dataset.number + '：' + size + (asks ? '已收到，请确认' : '整屏，已收到'), true);
    one('[data-state]', print).className = 'received';
    tell(print, asks ? answer.message : '');
    const confirm = one('[data-confirm]', print);
    if (asks) {
      const tick = one('input', confirm);
      confirm.hidden = false;
      tick.value = answer.id;
      tick.id = 'confirm-' + answer.id;
      one('label', confirm).htmlFor = tick.id;
    } else {
      confirm.remove();
    }
  };

  const refused = (print, answer) => {
    print.classList.add('print--refused');
    one('[data-confirm]', print).remove();
    const faults = answer.errors || [];
    state(print, '附图 ' + print.dataset.number + '：没有收下');
    tell(print, faults.length ? faults[0].message : answer.title || '这张图没有收下，请重新选择');
    say(one('[data-message]', print).textContent);
    const remover = one('[name="remove"]', print);
    remover.hidden = false;
    remover.type = 'button';
  };

  const failed = (print, send) => {
    print.classList.add('print--failed');
    state(print, '');
    tell(print, navigator.onLine === false
      ? '网络断开，已填内容还在，恢复后点“重试”'
      : '第 ' + print.dataset.number + ' 张没有传完，其他内容都在。');
    say(one('[data-message]', print).textContent);
    const retry = one('[data-retry]', print);
    const remover = one('[name="remove"]', print);
    retry.hidden = false;
    remover.hidden = false;
    remover.type = 'button';
    retry.onclick = () => {
      print.classList.remove('print--failed');
      retry.hidden = true;
      remover.hidden = true;
      remover.type = 'submit';
      tell(print, '');
      send(0);
    };
  };

  const upload = (slot, file) => {
    if (kept(slot).length >= Number(slot.dataset.most)) {
      const status = one('[data-slot-status]', slot);
      status.hidden = false;
      status.textContent = '最多 ' + slot.dataset.most + ' 张，请先删除一张';
      say(status.textContent);
      return;
    }
    const print = document.importNode(template.content, true).firstElementChild;
    const progress = one('progress', print);
    const image = one('img', print);
    image.src = URL.createObjectURL(file);
    image.alt = '刚添加的图片';
    one('[data-prints]', slot).appendChild(print);
    one('[data-slot-status]', slot).hidden = true;
    one('[data-slot-faults]', slot).textContent = '';
    slot.classList.remove('pictures--refused');
    renumber();
    const send = (attempt) => {
      let told = 0;
      going.add(print);
      progress.hidden = false;
      progress.value = 0;
      state(print, '正在上传…', attempt === 0);
      const slow = setTimeout(() => { tell(print, '网络较慢，请不要关闭页面'); say('网络较慢，请不要关闭页面'); }, 10000);
      const ended = () => { clearTimeout(slow); progress.hidden = true; tell(print, ''); };
      const again = () => {
        ended();
        if (attempt < waits.length) {
          state(print, '网络不稳，正在重新上传…', attempt === 0);
          setTimeout(() => send(attempt + 1), waits[attempt]);
        } else {
          failed(print, send);
          finished(print);
        }
      };
      const fields = { slot: slot.dataset.slot, screen_hint: screenHint() };
      fields[slot.dataset.slot] = file;
      post(url, fields, {
        progress: (event) => {
          if (!event.lengthComputable) return;
          const percent = Math.round(100 * event.loaded / event.total);
          progress.value = percent;
          const quarter = Math.floor(percent / 25);
          state(print, percent < 100 ? '正在上传 ' + percent + '%…' : '正在检查…', quarter > told && percent < 100);
          told = Math.max(told, quarter);
        },
        load: (status, answer) => {
          if (status >= 500 || status === 0) { again(); return; }
          ended();
          print.classList.remove('print--going');
          if (status === 201) accepted(print, answer);
          else refused(print, answer);
          finished(print);
          renumber();
        },
        error: again,
      });
    };
    send(0);
  };

  const takeAll = (slot, files) => Array.from(files).filter((file) => file.size).forEach((file) => upload(slot, file));

  /* Where a pasted picture goes: to a slot that still has none, the focused one first. */
  const waiting = (focused) => {
    const order = focused ? [focused].concat(slots()) : slots();
    return order.find((slot) => !kept(slot).length) || order[0];
  };

  slots().forEach((slot) => {
    const input = one('input[type="file"]', slot);
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

  document.addEventListener('paste', (event) => {
    const focused = document.activeElement;
    const isTyping = focused && /^(textarea|text|password|search|tel)$/.test(focused.type || '') && focused.value;
    const clipboard = event.clipboardData;
    if (isTyping || !clipboard) return;
    const item = Array.from(clipboard.items || []).find((entry) => entry.kind === 'file' && entry.type.startsWith('image/'));
    const file = item ? item.getAsFile() : clipboard.files[0];
    if (!file) { say('剪贴板里没有图片。请按 PrtSc 键截屏后再粘贴'); return; }
    event.preventDefault();
    upload(waiting(focused && focused.closest('[data-slot]')), file);
  });

  form.addEventListener('click', (event) => {
    const button = event.target.closest('[name="remove"]');
    if (!button) return;
    event.preventDefault();
    remove(button.closest('.print'));
  });
  form.addEventListener('change', (event) => {
    const tick = event.target;
    if (tick.name !== 'confirm_full_screen') return;
    post(url + '/' + tick.value + '/confirmation', { csrf: token, confirm_full_screen: tick.checked ? '1' : '' }, {
      load: () => {}, error: () => {}, // 继续 sends the tick once more
    });
  });
  form.addEventListener('submit', (event) => {
    if (!going.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = one('.button--primary', form);
    whenDone = () => button.click();
    say('图片还在上传，传完后自动继续');
    button.setAttribute('aria-busy', 'true');
    button.textContent = '传完后自动继续…';
  });
  renumber();
};
all('[data-pictures]').forEach(pictures);

/* One press, one post; and the hint of the screen as it is at that moment. */
all('form[data-step]').forEach((form) => {
  let sent = false;
  form.addEventListener('submit', (event) => {
    if (sent) { event.preventDefault(); return; }
    sent = true;
    all('[data-screen-hint]', form).forEach((input) => { input.value = screenHint(); });
    const button = event.submitter && event.submitter.dataset.busyText ? event.submitter : null;
    if (button) {
      button.setAttribute('aria-busy', 'true');
      button.textContent = button.dataset.busyText;
      say(button.dataset.busyText);
    }
  });
  window.addEventListener('pageshow', () => { sent = false; });
});
