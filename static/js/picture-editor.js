/* Marks (a red box) and covers (涂黑) on a picture before it takes the place of the one that was sent. Loaded when
   asked for. The size in pixels never changes, and there is no crop: a crop is the very fault (UX 0.8). */

import { HEAVY } from './picture-check.js';

const STEP = 8; // pixels of the picture that an arrow key moves
const LEAST = 8; // a smaller box was a slip of the hand
const NAMES = { mark: '红框', cover: '涂黑' };

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
};

const button = (text, className, act) => {
  const made = make('button', `button button--small ${className}`, text);
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
};

const opened = (file) => new Promise((resolve, reject) => {
  const image = new Image();
  image.onload = () => resolve(image);
  image.onerror = () => reject(new Error('not a picture'));
  image.src = URL.createObjectURL(file);
});

const painted = (canvas, type) => new Promise((resolve) => canvas.toBlob(resolve, type, 0.92));

/* PNG keeps every letter sharp; a photo that would grow heavy goes as JPEG, which it was before. */
const exported = (image, boxes, isJpeg) => {
  const canvas = make('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  const line = Math.max(3, Math.round(canvas.width / 400));
  boxes.filter((box) => box.tool === 'cover').forEach((box) => {
    pen.fillStyle = '#000';
    pen.fillRect(box.x, box.y, box.w, box.h);
  });
  boxes.filter((box) => box.tool === 'mark').forEach((box) => {
    pen.strokeStyle = '#e02020';
    pen.lineWidth = line;
    pen.strokeRect(box.x + line / 2, box.y + line / 2, Math.max(1, box.w - line), Math.max(1, box.h - line));
  });
  return painted(canvas, 'image/png')
    .then((png) => (isJpeg && png.size > HEAVY ? painted(canvas, 'image/jpeg') : png));
};

/* Opens over the page. Resolves with the changed picture, or with nothing when it was left as it is. */
export const edit = (file, firstTool, title) => opened(file).then((image) => new Promise((resolve) => {
  const width = image.naturalWidth;
  const height = image.naturalHeight;
  let tool = firstTool;
  let boxes = [];
  const history = [];
  let isWarned = false;

  const dialog = make('dialog', 'editor');
  dialog.setAttribute('aria-label', `标注和涂黑${title}`);
  const head = make('div', 'editor__head');
  const bar = make('div', 'editor__bar');
  const stage = make('div', 'editor__stage');
  const sheet = make('div', 'editor__sheet');
  const note = make('p', 'editor__note');
  const live = make('p', 'visually-hidden');
  live.setAttribute('role', 'status');
  live.setAttribute('aria-live', 'polite');
  image.className = 'editor__image';
  image.alt = title;
  image.draggable = false;

  const say = (text) => { live.textContent = text; };
  const clamp = (value, least, most) => Math.min(Math.max(value, least), Math.max(least, most));
  const fitted = (box) => {
    const w = Math.round(clamp(box.w, LEAST, width));
    const h = Math.round(clamp(box.h, LEAST, height));
    return { tool: box.tool, w, h, x: Math.round(clamp(box.x, 0, width - w)), y: Math.round(clamp(box.y, 0, height - h)) };
  };
  const nameOf = (at) => `${NAMES[boxes[at].tool]} ${at + 1}`;
  const placeOf = (box) => `左 ${box.x}，上 ${box.y}，宽 ${box.w}，高 ${box.h} 像素`;
  const keep = () => { history.push(boxes.map((box) => Object.assign({}, box))); isWarned = false; };

  const draw = (focused) => {
    Array.from(sheet.querySelectorAll('.editor__box')).forEach((shape) => shape.remove());
    boxes.forEach((box, at) => {
      const shape = make('div', `editor__box editor__box--${box.tool}`);
      shape.tabIndex = 0;
      shape.setAttribute('role', 'group');
      shape.setAttribute('aria-roledescription', NAMES[box.tool]);
      shape.setAttribute('aria-label', `${nameOf(at)}，${placeOf(box)}。方向键移动，Shift 加方向键改大小，Delete 删除`);
      shape.dataset.at = at;
      shape.style.left = `${100 * box.x / width}%`;
      shape.style.top = `${100 * box.y / height}%`;
      shape.style.width = `${100 * box.w / width}%`;
      shape.style.height = `${100 * box.h / height}%`;
      shape.appendChild(make('span', 'editor__grip'));
      sheet.appendChild(shape);
      if (at === focused) shape.focus();
    });
    undo.disabled = !history.length;
    done.disabled = !boxes.length;
  };

  const add = (box, isSpoken) => {
    keep();
    boxes.push(fitted(box));
    draw(boxes.length - 1);
    if (isSpoken) say(`已加${nameOf(boxes.length - 1)}。方向键移动，Shift 加方向键改大小，回车放好`);
    else say(`已加${nameOf(boxes.length - 1)}`);
  };
  const addInTheMiddle = () => add({ tool, x: width * 0.375, y: height * 0.4, w: width / 4, h: height / 5 }, true);
  const remove = (at) => {
    const name = nameOf(at);
    keep();
    boxes.splice(at, 1);
    draw();
    sheet.focus();
    say(`已删除${name}`);
  };

  const leave = (changed) => {
    URL.revokeObjectURL(image.src);
    dialog.close();
    dialog.remove();
    document.documentElement.classList.remove('has-editor');
    resolve(changed);
  };
  const giveUp = () => {
    if (boxes.length && !isWarned) {
      isWarned = true;
      note.textContent = '再按一次“取消”，刚才画的就不要了';
      say(note.textContent);
      return;
    }
    leave(null);
  };
  const finish = () => {
    done.setAttribute('aria-busy', 'true');
    done.textContent = '正在保存…';
    exported(image, boxes, file.type === 'image/jpeg').then(leave);
  };

  const choose = (wanted) => {
    tool = wanted;
    Object.keys(choices).forEach((name) => choices[name].setAttribute('aria-pressed', String(name === tool)));
    sheet.classList.toggle('editor__sheet--moving', tool === 'move');
    note.textContent = tool === 'move'
      ? '拖动图片可以看别处；拖动框可以移动'
      : `在图片上拖出一个框${tool === 'cover' ? '，盖住其他居民的信息' : '，标出问题在哪里'}`;
    if (tool !== 'move') note.appendChild(make('span', 'editor__keys', '。用键盘：按 Tab 到图片，按回车放一个框'));
  };
  const chooser = (name, text) => {
    const made = button(text, 'button--quiet', () => { choose(name); say(`已选${text}`); });
    made.dataset.tool = name;
    return made;
  };
  const choices = { mark: chooser('mark', '画红框'), cover: chooser('cover', '涂黑'), move: chooser('move', '移动') };
  const zoom = button('放大', 'button--quiet', () => {
    const isLarge = stage.classList.toggle('editor__stage--large');
    zoom.textContent = isLarge ? '看整张' : '放大';
    choose(isLarge ? 'move' : (tool === 'move' ? firstTool : tool));
    say(isLarge ? '已放大到原来的大小' : '已显示整张');
  });
  const undo = button('撤销', 'button--quiet', () => {
    if (!history.length) return;
    boxes = history.pop();
    draw();
    if (undo.disabled) sheet.focus();
    say(`已撤销，现在有 ${boxes.length} 个框`);
  });
  const done = button('完成', 'button--primary', finish);
  done.dataset.done = '';

  /* Mouse and finger */

  const pointAt = (event) => {
    const frame = image.getBoundingClientRect();
    return {
      x: clamp((event.clientX - frame.left) * width / frame.width, 0, width),
      y: clamp((event.clientY - frame.top) * height / frame.height, 0, height),
    };
  };
  const dragged = (start, apply, drop) => {
    const move = (event) => { event.preventDefault(); apply(pointAt(event)); };
    const end = (event) => {
      ['pointermove', 'pointerup', 'pointercancel'].forEach((kind) => window.removeEventListener(kind, kind === 'pointermove' ? move : end));
      drop(event.type === 'pointerup');
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
  };
  const span = (from, to) => ({
    x: Math.floor(Math.min(from.x, to.x)),
    y: Math.floor(Math.min(from.y, to.y)),
    w: Math.ceil(Math.abs(from.x - to.x)),
    h: Math.ceil(Math.abs(from.y - to.y)),
  });
  const drawNew = (start) => {
    const ghost = make('div', `editor__box editor__box--${tool}`);
    let found = { w: 0, h: 0 };
    sheet.appendChild(ghost);
    dragged(start, (now) => {
      found = span(start, now);
      ghost.style.left = `${100 * found.x / width}%`;
      ghost.style.top = `${100 * found.y / height}%`;
      ghost.style.width = `${100 * found.w / width}%`;
      ghost.style.height = `${100 * found.h / height}%`;
    }, (isWhole) => {
      ghost.remove();
      if (isWhole && found.w >= LEAST && found.h >= LEAST) add(Object.assign({ tool }, found), false);
    });
  };
  const change = (shape, start, isResize) => {
    const at = Number(shape.dataset.at);
    const before = boxes[at];
    let moved = before;
    dragged(start, (now) => {
      const dx = now.x - start.x;
      const dy = now.y - start.y;
      moved = fitted(isResize
        ? Object.assign({}, before, { w: Math.min(before.w + dx, width - before.x), h: Math.min(before.h + dy, height - before.y) })
        : Object.assign({}, before, { x: before.x + dx, y: before.y + dy }));
      shape.style.left = `${100 * moved.x / width}%`;
      shape.style.top = `${100 * moved.y / height}%`;
      shape.style.width = `${100 * moved.w / width}%`;
      shape.style.height = `${100 * moved.h / height}%`;
    }, () => {
      if (moved !== before) { keep(); boxes[at] = moved; }
      draw(at);
    });
  };
  sheet.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    const shape = event.target.closest('.editor__box');
    if (!shape && tool === 'move') return;
    event.preventDefault();
    // A finger is bound to what it touched; the moves are wanted here.
    if (event.target.releasePointerCapture && event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
    if (shape) change(shape, pointAt(event), event.target.classList.contains('editor__grip'));
    else drawNew(pointAt(event));
  });

  /* Keyboard */

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const nudge = (at, [dx, dy], isResize) => {
    const box = boxes[at];
    keep();
    boxes[at] = fitted(isResize
      ? Object.assign({}, box, { w: Math.min(box.w + dx * STEP, width - box.x), h: Math.min(box.h + dy * STEP, height - box.y) })
      : Object.assign({}, box, { x: box.x + dx * STEP, y: box.y + dy * STEP }));
    draw(at);
    say(placeOf(boxes[at]));
  };
  sheet.addEventListener('keydown', (event) => {
    const shape = event.target.closest('.editor__box');
    if (!shape) {
      if (event.key === 'Enter' && tool !== 'move') { event.preventDefault(); addInTheMiddle(); }
      return;
    }
    const at = Number(shape.dataset.at);
    if (ARROWS[event.key]) nudge(at, ARROWS[event.key], event.shiftKey);
    else if (event.key === 'Delete' || event.key === 'Backspace') remove(at);
    else if (event.key === 'Enter') { sheet.focus(); say(`${nameOf(at)}已放好，${placeOf(boxes[at])}。按回车再加一个，或按 Tab 到“完成”`); }
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'z' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); undo.click(); }
  });
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); giveUp(); });

  sheet.tabIndex = 0;
  sheet.setAttribute('role', 'group');
  sheet.setAttribute('aria-label', `${title}，${width} × ${height} 像素。按回车放一个框`);
  sheet.appendChild(image);
  stage.appendChild(sheet);
  [choices.mark, choices.cover, choices.move, zoom, undo].forEach((made) => bar.appendChild(made));
  const ends = make('div', 'editor__ends');
  ends.appendChild(button('取消', 'button--quiet', giveUp));
  ends.appendChild(done);
  [bar, ends].forEach((part) => head.appendChild(part));
  [head, note, stage, live].forEach((part) => dialog.appendChild(part));
  document.body.appendChild(dialog);
  document.documentElement.classList.add('has-editor');
  choose(firstTool);
  draw();
  dialog.showModal();
  sheet.focus();
}));
