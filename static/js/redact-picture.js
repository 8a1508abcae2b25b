/* 涂黑: draw a rectangle on the picture with mouse, pen or finger. The number fields below say the same without it. */

const SMALLEST = 4; // pixels of the screen: less is a slip of the hand
const EDGES = ['left', 'top', 'width', 'height'];
const stage = document.querySelector('[data-stage]');
const picture = stage.querySelector('img');
const form = document.querySelector('[data-cover-form]');
const draw = document.querySelector('[data-cover-draw]');
const save = document.querySelector('[data-cover-save]');
const live = document.getElementById('live');
const size = { width: Number(stage.dataset.width), height: Number(stage.dataset.height) };

const layer = document.createElement('div');
layer.className = 'cover-layer';
stage.appendChild(layer);

/* The layer lies exactly on the picture, whatever size that is shown at. */
const place = () => {
  layer.style.left = `${picture.offsetLeft}px`;
  layer.style.top = `${picture.offsetTop}px`;
  layer.style.width = `${picture.offsetWidth}px`;
  layer.style.height = `${picture.offsetHeight}px`;
};

/* Boxes are [left, top, width, height] in pixels of the picture. */
const lay = (element, box) => {
  element.style.left = `${box[0] / size.width * 100}%`;
  element.style.top = `${box[1] / size.height * 100}%`;
  element.style.width = `${box[2] / size.width * 100}%`;
  element.style.height = `${box[3] / size.height * 100}%`;
};

const boxElement = (box, kind, text) => {
  const made = document.createElement('div');
  made.className = `cover-box cover-box--${kind}`;
  made.textContent = text;
  lay(made, box);
  layer.appendChild(made);
  return made;
};

Array.from(document.querySelectorAll('[data-cover]')).forEach((item, index) => {
  boxElement(item.dataset.cover.split(' ').map(Number), 'kept', String(index + 1));
});

let pending = null;
const showTyped = () => {
  const box = EDGES.map((edge) => Number(form.elements[edge].value));
  const isBox = box[2] > 0 && box[3] > 0 && EDGES.every((edge) => form.elements[edge].value !== '');
  if (!isBox && pending) {
    pending.remove();
    pending = null;
  } else if (isBox) {
    if (!pending) pending = boxElement(box, 'new', '');
    lay(pending, box);
  }
};
for (const edge of EDGES) form.elements[edge].addEventListener('input', showTyped);

const setDrawing = (isOn) => {
  draw.setAttribute('aria-pressed', String(isOn));
  draw.textContent = isOn ? '停止涂黑' : '在图上涂黑';
  layer.classList.toggle('cover-layer--drawing', isOn);
  if (isOn && live) live.textContent = '请在图上拖出要涂黑的范围';
};
draw.hidden = false;
draw.addEventListener('click', () => setDrawing(draw.getAttribute('aria-pressed') !== 'true'));

/* A point of the picture, kept inside it. */
const point = (event) => {
  const shown = layer.getBoundingClientRect();
  const part = (at, start, length) => Math.min(Math.max((at - start) / length, 0), 1);
  return [
    Math.round(part(event.clientX, shown.left, shown.width) * size.width),
    Math.round(part(event.clientY, shown.top, shown.height) * size.height),
  ];
};

let from = null;
let before = [];
const fill = (values) => {
  EDGES.forEach((edge, index) => { form.elements[edge].value = values[index]; });
  showTyped();
};
layer.addEventListener('pointerdown', (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  event.preventDefault();
  layer.setPointerCapture(event.pointerId);
  before = EDGES.map((edge) => form.elements[edge].value);
  from = { at: point(event), x: event.clientX, y: event.clientY };
});
layer.addEventListener('pointermove', (event) => {
  if (!from) return;
  const to = point(event);
  fill([
    Math.min(from.at[0], to[0]), Math.min(from.at[1], to[1]),
    Math.abs(from.at[0] - to[0]), Math.abs(from.at[1] - to[1]),
  ]);
});
layer.addEventListener('pointerup', (event) => {
  if (!from) return;
  const isSlip = Math.abs(event.clientX - from.x) < SMALLEST || Math.abs(event.clientY - from.y) < SMALLEST;
  from = null;
  if (isSlip) {
    fill(before);
    return;
  }
  if (live) live.textContent = '已选好范围，请按“涂黑这里”';
  save.focus({ preventScroll: true });
  save.scrollIntoView({ block: 'nearest' });
});
const cancel = () => {
  if (from) fill(before);
  from = null;
};
layer.addEventListener('pointercancel', cancel);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  if (from) cancel();
  else setDrawing(false);
});

/* Several regions in a row: the page that follows a save goes on drawing. */
const GOES_ON = 'portal-goes-on-covering';
form.addEventListener('submit', () => {
  if (draw.getAttribute('aria-pressed') !== 'true') return;
  try {
    sessionStorage.setItem(GOES_ON, location.pathname);
  } catch (error) { /* then the button has to be pressed again */ }
});
try {
  if (sessionStorage.getItem(GOES_ON) === location.pathname) setDrawing(true);
  sessionStorage.removeItem(GOES_ON);
} catch (error) { /* as above */ }

place();
showTyped();
picture.addEventListener('load', place);
window.addEventListener('resize', place);
if (window.ResizeObserver) new ResizeObserver(place).observe(picture);
