/* Keys of staff pages. A key presses a button, follows a link or moves the focus to a box that is on the page,
   so it can never do what the page does not offer. Never while typing or composing; one switch turns all off. */

const OFF = 'portal-keys-off';
const CHORD_MS = 1500;
const NAMES = {
  j: '下一行', k: '上一行', Enter: '打开', 1: '领取', 2: '合并', 3: '请机构补充', 4: '转派', r: '回复机构', n: '内部备注',
  c: '分类', d: '决定', e: '处理结果', u: '紧急程度', x: '选中这一行', '/': '查找', '[': '上一条', ']': '下一条', Escape: '回到列表', ArrowLeft: '上一张附图',
  ArrowRight: '下一张附图', '+': '原始大小', '-': '适合窗口',
};
const CHORDS = { d: '今日', q: '第一个队列', h: '第二个队列', t: '轮到我' };
const links = Array.from(document.querySelectorAll('[data-row-link]'));
let chordUntil = 0;
let list = null;

const areOff = () => {
  try {
    return localStorage.getItem(OFF) === '1';
  } catch (error) {
    return false;
  }
};

const isTyping = (event) => {
  const at = event.target;
  return event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey
    || (at instanceof Element && at.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]') !== null);
};

const move = (step) => {
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
  next.focus();
  next.closest('tr').scrollIntoView({ block: 'nearest' });
};

const pick = () => {
  const row = document.activeElement && document.activeElement.closest('tr');
  const box = row && row.querySelector('.row-tick input');
  if (box) box.click();
};

/* A tab or a fold is opened, with the folds around it, and its first box gets the focus. */
const open = (way) => {
  const tab = way.control;
  const part = tab ? document.querySelector(`[data-panel="${tab.value}"]`) : way.parentElement;
  if (tab) tab.checked = true;
  for (let fold = part; fold; fold = fold.parentElement.closest('details')) fold.open = true;
  const box = part.querySelector('textarea, select, input:not([type=hidden])');
  (box || tab || way).focus();
  part.scrollIntoView({ block: 'nearest' });
};

const scrollsPicture = (event) => {
  const viewer = document.querySelector('.viewer--full');
  const isArrow = event.key === 'ArrowLeft' || event.key === 'ArrowRight';
  return isArrow && viewer !== null && viewer.contains(event.target);
};

const offered = () => {
  const keys = [];
  if (links.length) keys.push('j', 'k', 'Enter');
  if (document.querySelector('.row-tick input')) keys.push('x');
  for (const way of document.querySelectorAll('[data-key]')) keys.push(way.dataset.key.split(' ')[0]);
  for (const way of document.querySelectorAll('[data-key-open]')) keys.push(way.dataset.keyOpen);
  for (const way of document.querySelectorAll('[data-key-focus]')) keys.push(way.dataset.keyFocus);
  return Array.from(new Set(keys)).filter((key) => NAMES[key]);
};

const addLine = (body, key, words) => {
  const line = document.createElement('p');
  const shown = document.createElement('kbd');
  shown.textContent = key === 'Escape' ? 'Esc' : key;
  line.append(shown, ` ${words}`);
  body.append(line);
};

const showList = () => {
  if (list) list.remove();
  list = document.createElement('dialog');
  list.className = 'keylist';
  const title = document.createElement('h2');
  title.textContent = '这一页的快捷键';
  list.append(title);
  if (areOff()) addLine(list, '?', '快捷键已关闭，只有这张表还能打开');
  for (const key of offered()) addLine(list, key, NAMES[key]);
  for (const way of document.querySelectorAll('[data-chord]')) addLine(list, `g ${way.dataset.chord}`, CHORDS[way.dataset.chord]);
  const toggle = document.createElement('button');
  toggle.type = 'button';
  toggle.className = 'button button--small';
  toggle.textContent = areOff() ? '打开快捷键' : '关闭快捷键';
  toggle.addEventListener('click', () => {
    try {
      localStorage.setItem(OFF, areOff() ? '0' : '1');
    } catch (error) {
      return;
    }
    list.close();
  });
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'button button--small button--primary';
  close.textContent = '知道了';
  close.addEventListener('click', () => list.close());
  const ways = document.createElement('p');
  ways.className = 'ways';
  ways.append(close, toggle);
  list.append(ways);
  document.body.append(list);
  list.showModal();
  close.focus();
};

const press = (key) => {
  for (const way of document.querySelectorAll('[data-key]')) {
    if (way.dataset.key.split(' ').includes(key)) {
      way.click();
      return true;
    }
  }
  for (const summary of document.querySelectorAll('[data-key-open]')) {
    if (summary.dataset.keyOpen === key) {
      open(summary);
      return true;
    }
  }
  const box = Array.from(document.querySelectorAll('[data-key-focus]')).find((each) => each.dataset.keyFocus === key);
  if (box) box.focus();
  return Boolean(box);
};

const follow = (key) => {
  const way = Array.from(document.querySelectorAll('[data-chord]')).find((each) => each.dataset.chord === key);
  chordUntil = 0;
  if (way) way.click();
  return Boolean(way);
};

/* Whether the key did something: then it is not typed into the box that it led to. */
const act = (event) => {
  const { key } = event;
  if (Date.now() < chordUntil && follow(key)) return true;
  chordUntil = key === 'g' ? Date.now() + CHORD_MS : 0;
  if (links.length && (key === 'j' || key === 'k')) move(key === 'j' ? 1 : -1);
  if (key === 'x') pick();
  return key !== 'Enter' && !scrollsPicture(event) && press(key);
};

document.addEventListener('keydown', (event) => {
  if (isTyping(event) || (list && list.open)) return;
  if (event.key === '?') {
    event.preventDefault();
    showList();
  } else if (!areOff() && act(event)) event.preventDefault();
});

for (const opener of document.querySelectorAll('[data-keys-list]')) {
  opener.hidden = false;
  opener.addEventListener('click', showList);
}
for (const row of document.querySelectorAll('[data-rows] tbody tr')) {
  row.addEventListener('focusin', () => row.classList.add('row--here'));
  row.addEventListener('focusout', () => row.classList.remove('row--here'));
}

const first = document.querySelector('[data-focus-first]');
if (first) first.focus();

// The browser leaves what the keyboard comes to where it is if a corner of it can be seen.
document.querySelectorAll('.tabs, .table-wrap').forEach((scroller) => scroller.addEventListener('focusin', (event) => {
  if (event.target.matches(':focus-visible')) event.target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}));
