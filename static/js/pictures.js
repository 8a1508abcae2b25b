/* Pictures of a draft, on the PC's page and on the phone's: each is sent the moment it is there, while the rest is
   being typed. ES2017 for Chrome 109 and older kernels; nothing that needs a secure context. */

const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
const one = (selector, root) => (root || document).querySelector(selector);
const say = (text) => { one('#live').textContent = text; };

const RETRY_WAITS = [1000, 3000, 9000];
const POLL_EVERY = 4000;
const HEAVY_PNG = 3 * 1024 * 1024;
const OFFLINE = '网络断开，已填内容还在，恢复后点“重试”';

/* The reporter's own screen: page zoom is in devicePixelRatio, so all numbers are sent and the server works it out. */
const screenNumbers = () => (window.outerWidth ? {
  width: screen.width,
  height: screen.height,
  dpr: window.devicePixelRatio,
  innerWidth: window.innerWidth,
  outerWidth: window.outerWidth,
} : null);
const screenHint = () => (window.outerWidth ? JSON.stringify(screenNumbers()) : '');

const ownScreen = () => {
  const seen = screenNumbers();
  if (!seen || !seen.innerWidth) return null;
  const zoom = seen.outerWidth / seen.innerWidth;
  const scale = Math.max(1, Math.round(seen.dpr / zoom * 4) / 4);
  return [Math.round(seen.width * scale), Math.round(seen.height * scale)];
};

/* How a file looks to this browser; null when it cannot tell. */
const measured = (file) => new Promise((resolve) => {
  const image = new Image();
  const url = URL.createObjectURL(file);
  const done = (found) => { URL.revokeObjectURL(url); resolve(found); };
  image.onload = () => done({ image, width: image.naturalWidth, height: image.naturalHeight });
  image.onerror = () => done(null);
  image.src = url;
});

const repainted = (seen, type) => new Promise((resolve) => {
  const canvas = document.createElement('canvas');
  canvas.width = seen.width;
  canvas.height = seen.height;
  canvas.getContext('2d').drawImage(seen.image, 0, 0);
  canvas.toBlob(resolve, type, 0.92);
});

/* A BMP or a heavy PNG goes as a smaller PNG of the same pixels; what only phones read goes as JPEG. */
const lightened = (file, seen) => {
  const type = file.type;
  const isHeavy = type === 'image/bmp' || type === 'image/x-ms-bmp' || (type === 'image/png' && file.size > HEAVY_PNG);
  const isOdd = /^image\/(hei[cf]|avif)/.test(type);
  if (!seen || !(isHeavy || isOdd)) return Promise.resolve(file);
  return repainted(seen, isOdd ? 'image/jpeg' : 'image/png')
    .then((smaller) => (smaller && (isOdd || smaller.size < file.size) ? smaller : file), () => file);
};

const pixels = (width, height) => width + ' × ' + height + ' 像素';
const megabytes = (count) => Math.ceil(count * 10 / 1048576) / 10;

/* What the server would surely refuse is not sent: the sentence, or nothing. When in doubt, the server decides. */
const refusal = (form, file, seen) => {
  const limit = (name) => Number(form.dataset[name]);
  if (!file.size) return '图片是空文件，请重新选择。';
  if (file.size > limit('maxBytes')) {
    return '图片不能超过 ' + megabytes(limit('maxBytes')) + ' MB，这张是 ' + megabytes(file.size) + ' MB。请换一张小一些的图片。';
  }
  if (!seen) return '';
  const { width, height } = seen;
  const landscape = [limit('minWidth'), limit('minHeight')];
  const portrait = [limit('portraitWidth'), limit('portraitHeight')];
  const tooSmall = (w, h) => {
    const [needW, needH] = w >= h ? landscape : portrait;
    return w < needW || h < needH;
  };
  // Either way up: some kernels do not turn a photo upright.
  if (!tooSmall(width, height) || !tooSmall(height, width)) return '';
  const own = ownScreen();
  const isNear = (w, h) => own && Math.abs(w - own[0]) <= 0.03 * own[0] && Math.abs(h - own[1]) <= 0.03 * own[1];
  if (isNear(width, height) || isNear(height, width)) return '';
  const needed = width >= height ? landscape : portrait;
  const isStrip = Math.max(width, height) > 4 * Math.min(width, height);
  const isLong = width >= height ? width >= needed[0] : height >= needed[1];
  if (isStrip && isLong) {
    return '这张图是 ' + pixels(width, height) + '，' + (width >= height ? '高度' : '宽度')
      + '不够，请截下整个屏幕（包括最下面的任务栏）。局部截图会影响工程师查找问题原因。';
  }
  return '这张图是 ' + pixels(width, height) + '，只截了一部分。需要整屏截图，至少 ' + pixels(needed[0], needed[1])
    + '。局部截图会影响工程师查找问题原因，请按键盘上的 PrtSc 键截取整个屏幕（系统全图）后重新上传。';
};

const pictures = (form) => {
  const url = form.dataset.pictures;
  const isAtPhone = 'atPhone' in form.dataset;
  const token = one('[name="csrf"]', form).value;
  const template = document.getElementById('print-template');
  const files = new WeakMap(); // what was chosen here, by its print
  const retries = new Map(); // how a broken upload goes on, by its print
  const going = new Set();
  let changes = 0; // an answer that was asked for before a change is not looked at
  let whenDone = null;

  const slots = () => all('[data-slot]', form);
  const kept = (slot) => all('.print:not(.print--refused)', slot);
  const room = (slot) => Number(slot.dataset.most) - Number(slot.dataset.held || 0) - kept(slot).length;

  const renumber = () => {
    all('.print', form).forEach((print, at) => {
      print.dataset.number = at + 1;
      all('[data-which]', print).forEach((which) => { which.textContent = '附图 ' + (at + 1); });
      const state = one('[data-state]', print);
      state.textContent = state.textContent.replace(/^附图 \d+/, '附图 ' + (at + 1));
    });
    slots().forEach((slot) => {
      const choose = one('[data-choose]', slot);
      if (!choose) return;
      choose.hidden = room(slot) <= 0;
      if (isAtPhone) return;
      one('.next-picture', slot).firstChild.textContent = kept(slot).length ? '再加一张（最多 ' + slot.dataset.most + ' 张）' : '选择图片';
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

  const slotStatus = (slot, text) => {
    const status = one('[data-slot-status]', slot);
    status.textContent = text;
    status.hidden = !text;
    if (text) say(text);
  };

  /* One picture's line */

  const state = (print, text, aloud) => {
    one('[data-state]', print).textContent = text;
    if (aloud) say(text);
  };

  const tell = (print, text) => {
    const message = one('[data-message]', print);
    message.textContent = text;
    message.hidden = !text;
  };

  const tools = (print, shown) => {
    all('[data-edit]', print).forEach((button) => { button.hidden = !shown; });
    one('[data-remove]', print).hidden = !shown;
  };

  const addPrint = (slot, source) => {
    const print = document.importNode(template.content, true).firstElementChild;
    const image = one('img', print);
    if (source) image.src = source; else image.remove();
    image.alt = '刚添加的图片';
    one('[data-prints]', slot).appendChild(print);
    slotStatus(slot, '');
    one('[data-slot-faults]', slot).textContent = '';
    slot.classList.remove('pictures--refused');
    renumber();
    return print;
  };

  const drawConfirm = (print, answer) => {
    let box = one('[data-confirm]', print);
    if (box && answer.verdict !== 'ask') { box.remove(); return; }
    if (!box && answer.verdict === 'ask') {
      box = document.importNode(one('[data-confirm]', template.content), true);
      one('[data-message]', print).after(box);
    }
    if (!box) return;
    const tick = one('input', box);
    box.hidden = false;
    tick.value = answer.id;
    tick.id = 'confirm-' + answer.id;
    tick.checked = answer.is_confirmed;
    one('label', box).htmlFor = tick.id;
  };

  const draw = (print, answer) => {
    const asks = answer.verdict === 'ask';
    print.dataset.picture = answer.id;
    print.classList.remove('print--going');
    print.classList.toggle('print--ask', asks);
    const verdict = asks ? (isAtPhone ? '已收到，请在电脑上确认' : '已收到，请确认') : '整屏，已收到';
    state(print, '附图 ' + print.dataset.number + '：' + pixels(answer.width, answer.height) + '，' + verdict, true);
    one('[data-line]', print).className = 'received';
    const photo = one('[data-photo]', print);
    if (photo) photo.hidden = !answer.is_photo;
    tell(print, asks ? answer.message : '');
    if (!isAtPhone) drawConfirm(print, answer);
    const remover = one('[data-remove]', print);
    remover.type = isAtPhone ? 'button' : 'submit';
    remover.name = 'remove';
    remover.value = answer.id;
    tools(print, !isAtPhone);
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

  const refused = (print, text) => {
    print.classList.remove('print--going');
    print.classList.add('print--refused');
    const box = one('[data-confirm]', print);
    if (box) box.remove();
    state(print, '附图 ' + print.dataset.number + '：没有收下');
    tell(print, text);
    say(text);
    one('[data-remove]', print).hidden = false;
    renumber();
  };

  const faultOf = (answer) => {
    const faults = answer.errors || [];
    return faults.length ? faults[0].message : answer.title || '这张图没有收下，请重新选择';
  };

  const failed = (print, again) => {
    print.classList.add('print--failed');
    state(print, '');
    const lost = '第 ' + print.dataset.number + ' 张没有传完，其他内容都在。';
    tell(print, navigator.onLine === false ? OFFLINE : lost);
    say(one('[data-message]', print).textContent);
    const retry = one('[data-retry]', print);
    retry.hidden = false;
    one('[data-remove]', print).hidden = false;
    const once = () => {
      retries.delete(print);
      print.classList.remove('print--failed');
      retry.hidden = true;
      tools(print, false);
      tell(print, '');
      again();
    };
    retries.set(print, once);
    retry.onclick = once;
  };
  window.addEventListener('online', () => Array.from(retries.values()).forEach((again) => again()));

  const finished = (print) => {
    going.delete(print);
    changes += 1;
    if (going.size || !whenDone) return;
    const proceed = whenDone;
    whenDone = null;
    proceed(!one('.print--failed', form));
  };

  /* For the figures alone; whether it arrives matters to nobody here. */
  const counted = (slot, file) => {
    if (isAtPhone) return;
    const reason = !file.size ? 'image_broken' : file.size > Number(form.dataset.maxBytes) ? 'image_too_large' : 'image_too_small';
    post(url + '/refusals', { slot, reason }, { load: () => {}, error: () => {} });
  };

  /* Sends one picture until it is through, refused, or given up; `ends` gets the server's word. */
  const transfer = (print, file, fields, ends) => {
    const progress = one('progress', print);
    const send = (attempt) => {
      let told = 0;
      going.add(print);
      changes += 1;
      progress.hidden = false;
      progress.value = 0;
      one('[data-line]', print).className = 'print__state';
      state(print, '正在上传…', attempt === 0);
      const slow = setTimeout(() => { tell(print, '网络较慢，请不要关闭页面'); say('网络较慢，请不要关闭页面'); }, 10000);
      const ended = () => { clearTimeout(slow); progress.hidden = true; tell(print, ''); };
      const again = () => {
        ended();
        if (attempt < RETRY_WAITS.length && navigator.onLine !== false) {
          state(print, '网络不稳，正在重新上传…', attempt === 0);
          setTimeout(() => send(attempt + 1), RETRY_WAITS[attempt]);
        } else {
          failed(print, () => send(0));
          finished(print);
        }
      };
      const slot = print.closest('[data-slot]').dataset.slot;
      post(url, Object.assign({ slot, screen_hint: isAtPhone ? '' : screenHint(), [slot]: file }, fields), {
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
          ends(status, answer);
          finished(print);
          renumber();
        },
        error: again,
      });
    };
    send(0);
  };

  const upload = (slot, file) => {
    const print = addPrint(slot, URL.createObjectURL(file));
    state(print, '正在检查…');
    going.add(print);
    measured(file)
      .then((seen) => lightened(file, seen).then((ready) => [ready, seen]))
      .then(([ready, seen]) => {
        const text = refusal(form, ready, seen);
        if (text) {
          refused(print, text);
          counted(slot.dataset.slot, ready);
          finished(print);
          return;
        }
        files.set(print, ready);
        transfer(print, ready, {}, (status, answer) => {
          if (status !== 201) { refused(print, faultOf(answer)); return; }
          mended(answer.slot);
          draw(print, answer);
        });
      });
  };

  const takeAll = (slot, chosen) => {
    const given = Array.from(chosen);
    const left = Math.max(0, room(slot));
    given.slice(0, left).forEach((file) => upload(slot, file));
    const over = given.length - left;
    if (over <= 0) return;
    const most = '最多 ' + slot.dataset.most + ' 张，';
    slotStatus(slot, left ? most + '后面 ' + over + ' 张没有添加' : most + '请先删除一张');
  };

  const remove = (print) => {
    const id = print.dataset.picture;
    const gone = () => {
      const next = print.nextElementSibling || print.previousElementSibling;
      const slot = print.closest('[data-slot]');
      retries.delete(print);
      print.remove();
      changes += 1;
      renumber();
      slotStatus(slot, '');
      say('已删除');
      const target = (next && one('[data-remove]', next)) || one('input[type="file"]', slot);
      if (target) target.focus();
    };
    if (!id || isAtPhone) { gone(); return; }
    post(url + '/' + id + '/removal', { csrf: token }, {
      load: (status, answer) => (status < 300 ? gone() : say(answer.title || '没有删除，请再试一次')),
      error: () => { tell(print, '网络断开，没有删除，请再试一次'); say('网络断开，没有删除，请再试一次'); },
    });
  };

  /* 标注 and 涂黑: the changed copy takes the picture's place, here and on the server. */

  const replace = (print, changed, button) => {
    const before = { id: print.dataset.picture, line: one('[data-state]', print).textContent, said: one('[data-message]', print).textContent };
    const image = one('img', print);
    // The focus waits on the picture while its buttons are away.
    print.tabIndex = -1;
    print.focus();
    tools(print, false);
    const box = one('[data-confirm]', print);
    if (box) box.hidden = true;
    const comeBack = () => { if (print.contains(document.activeElement)) button.focus(); };
    transfer(print, changed, { replaces: before.id }, (status, answer) => {
      if (status === 201) {
        image.src = URL.createObjectURL(changed);
        files.set(print, changed);
        draw(print, answer);
        comeBack();
        return;
      }
      state(print, before.line);
      one('[data-line]', print).className = 'received';
      tell(print, '修改没有收下，原图还在。' + faultOf(answer));
      say(one('[data-message]', print).textContent);
      if (box) box.hidden = false;
      tools(print, true);
      comeBack();
    });
  };

  const loadStyle = (address) => new Promise((resolve) => {
    if (one('link[href="' + address + '"]')) { resolve(); return; }
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = address;
    link.onload = resolve;
    link.onerror = resolve;
    document.head.appendChild(link);
  });

  const original = (print) => {
    const known = files.get(print);
    if (known) return Promise.resolve(known);
    return fetch(url + '/' + print.dataset.picture, { credentials: 'same-origin' })
      .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error('no picture'))));
  };

  const edit = (button) => {
    const print = button.closest('.print');
    button.setAttribute('aria-busy', 'true');
    Promise.all([import(form.dataset.editor), loadStyle(form.dataset.editorStyle), original(print)])
      .then(([editor, , file]) => {
        button.removeAttribute('aria-busy');
        return editor.edit(file, button.dataset.edit, '附图 ' + print.dataset.number);
      })
      .then((changed) => {
        button.focus();
        if (changed) replace(print, changed, button);
      })
      .catch(() => {
        button.removeAttribute('aria-busy');
        tell(print, '图片没有打开，请检查网络后再试一次');
        say(one('[data-message]', print).textContent);
      });
  };

  /* Ways in: choose, drop, paste */

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

  /* Where a pasted picture goes: to a slot that still has none, the focused one first. */
  const waiting = (focused) => {
    const order = focused ? [focused].concat(slots()) : slots();
    return order.find((slot) => !kept(slot).length) || order[0];
  };

  document.addEventListener('paste', (event) => {
    const focused = document.activeElement;
    const isTyping = focused && /^(textarea|text|password|search|tel)$/.test(focused.type || '') && focused.value;
    const clipboard = event.clipboardData;
    if (isTyping || !clipboard || one('dialog[open]')) return;
    const slot = waiting(focused && focused.closest('[data-slot]'));
    const item = Array.from(clipboard.items || []).find((entry) => entry.kind === 'file' && entry.type.startsWith('image/'));
    const file = item ? item.getAsFile() : clipboard.files[0];
    if (!file) { slotStatus(slot, '剪贴板里没有图片。请按 PrtSc 键截屏后再粘贴'); return; }
    event.preventDefault();
    takeAll(slot, [file]);
  });

  form.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if ('remove' in button.dataset) { event.preventDefault(); remove(button.closest('.print')); }
    if ('edit' in button.dataset) edit(button);
  });
  form.addEventListener('change', (event) => {
    const tick = event.target;
    if (tick.name !== 'confirm_full_screen') return;
    post(url + '/' + tick.value + '/confirmation', { csrf: token, confirm_full_screen: tick.checked ? '1' : '' }, {
      load: () => {}, error: () => {}, // 继续 sends the tick once more
    });
  });

  /* 继续 waits for what is under way, and stops for what is broken: a covered copy may be among it. */
  form.addEventListener('submit', (event) => {
    const stop = () => { event.preventDefault(); event.stopImmediatePropagation(); };
    const broken = one('.print--failed', form);
    if (!going.size && !broken) {
      all('[data-screen-hint]', form).forEach((input) => { input.value = screenHint(); });
      return;
    }
    stop();
    if (!going.size) {
      say('第 ' + broken.dataset.number + ' 张还没有传完，请先重试或删除');
      one('[data-retry]', broken).focus();
      return;
    }
    const button = one('.button--primary', form);
    if (whenDone || !button) return;
    const words = button.textContent;
    button.setAttribute('aria-busy', 'true');
    button.textContent = '传完后自动继续…';
    say('图片还在上传，传完后自动继续');
    whenDone = (isWhole) => {
      button.removeAttribute('aria-busy');
      button.textContent = words;
      if (isWhole) button.click();
    };
  });

  /* 换用手机传图: the code, and what the phone sends. */
  const phone = (section) => {
    const path = section.dataset.phone;
    let timer = 0;

    const show = (now) => {
      section.dataset.phoneState = now;
      all('[data-phone-when]', section).forEach((part) => { part.hidden = !part.dataset.phoneWhen.split(' ').includes(now); });
    };

    const take = (found) => {
      if (all('[data-picture="' + found.id + '"]', form).length) return;
      const slot = one('[data-slot="' + found.slot + '"]', form);
      if (!slot) return;
      mended(found.slot);
      draw(addPrint(slot, found.preview_url), found);
      renumber();
      say('收到手机传来的图片。' + one('[data-prints] > :last-child [data-state]', slot).textContent);
    };

    const look = () => {
      const asked = changes;
      fetch(path, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error('no answer'))))
        .then((found) => {
          if (asked === changes && !going.size) found.pictures.forEach(take);
          if (found.state === 'over') { show('over'); return; }
          if (found.state === 'taken' && section.dataset.phoneState === 'waiting') say('手机已连接');
          show(found.state);
          timer = setTimeout(look, POLL_EVERY);
        })
        .catch(() => { timer = setTimeout(look, POLL_EVERY); });
    };

    const begun = (found) => {
      one('[data-phone-qr]', section).src = found.qr;
      one('[data-phone-expires]', section).textContent = found.expires;
      one('[data-phone-unreachable]', section).hidden = found.is_reachable;
      show('waiting');
      section.scrollIntoView({ block: 'center' });
      say('二维码已显示，请用手机扫码');
      clearTimeout(timer);
      timer = setTimeout(look, POLL_EVERY);
    };

    const ask = (button, to, then) => button.addEventListener('click', (event) => {
      event.preventDefault();
      post(to, { csrf: token }, {
        load: (status, answer) => (status < 300 ? then(answer) : say(answer.title || '没有成功，请再试一次')),
        error: () => say('网络断开，请再试一次'),
      });
    });
    ask(one('[data-phone-begin]', section), path, begun);
    ask(one('[data-phone-end]', section), path + '/removal', () => {
      clearTimeout(timer);
      show('none');
      one('[data-phone-begin]', section).focus();
    });
    if (/waiting|taken/.test(section.dataset.phoneState)) timer = setTimeout(look, POLL_EVERY);
  };
  all('[data-phone]', form).forEach(phone);
  renumber();
};
all('form[data-pictures]').forEach(pictures);
