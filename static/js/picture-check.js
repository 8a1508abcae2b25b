/* What can be told of a picture before it is sent. Figures and sentences of the rule are the server's (data-rule of
   the form); here only what it would surely refuse is refused, and when in doubt it decides. */

export const HEAVY = 3 * 1024 * 1024; // bytes of a PNG from which something smaller is sent

/* A phone or tablet in the hand: it photographs another screen, so its own says nothing about the picture. */
export const isHandheld = window.matchMedia('(hover: none) and (pointer: coarse)').matches;

/* The reporter's own screen: page zoom is in devicePixelRatio, so all numbers are sent and the server works it out. */
const screenNumbers = () => (window.outerWidth && !isHandheld ? {
  width: screen.width,
  height: screen.height,
  dpr: window.devicePixelRatio,
  innerWidth: window.innerWidth,
  outerWidth: window.outerWidth,
} : null);

export const screenHint = () => {
  const seen = screenNumbers();
  return seen ? JSON.stringify(seen) : '';
};

const ownScreen = () => {
  const seen = screenNumbers();
  if (!seen || !seen.innerWidth) return null;
  const zoom = seen.outerWidth / seen.innerWidth;
  const scale = Math.max(1, Math.round(seen.dpr / zoom * 4) / 4);
  return [Math.round(seen.width * scale), Math.round(seen.height * scale)];
};

/* How a file looks to this browser; null when it cannot tell. */
export const measured = (file) => new Promise((resolve) => {
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
export const lightened = (file, seen) => {
  const type = file.type;
  const isHeavy = type === 'image/bmp' || type === 'image/x-ms-bmp' || (type === 'image/png' && file.size > HEAVY);
  const isOdd = /^image\/(hei[cf]|avif)/.test(type);
  if (!seen || !(isHeavy || isOdd)) return Promise.resolve(file);
  return repainted(seen, isOdd ? 'image/jpeg' : 'image/png')
    .then((smaller) => (smaller && (isOdd || smaller.size < file.size) ? smaller : file), () => file);
};

const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (brace, name) => values[name]);
const refused = (refusal, size) => ({ code: refusal.code, message: filled(refusal.message, { size }) });
const megabytes = (count) => Math.ceil(count * 10 / 1048576) / 10;

const shapeOf = (rule, width, height) => (width >= height ? rule.landscape : rule.portrait);

const isSmall = (rule, width, height) => {
  const least = shapeOf(rule, width, height).least;
  return width < least[0] || height < least[1];
};

const isOwnScreen = (rule, width, height) => {
  const own = ownScreen();
  const isNear = (length, side) => Math.abs(length - side) <= rule.ownScreenTolerance * side;
  return own !== null && isNear(width, own[0]) && isNear(height, own[1]);
};

const isStrip = (rule, width, height) => {
  const least = shapeOf(rule, width, height).least;
  const isLong = width >= height ? width >= least[0] : height >= least[1];
  return isLong && Math.max(width, height) > rule.stripRatio * Math.min(width, height);
};

/* The code and the sentence of a sure refusal, or null. `seen` as `measured` gives it. */
export const refusalOf = (rule, file, seen) => {
  if (!file.size) return refused(rule.empty);
  if (file.size > rule.maxBytes) return refused(rule.large, megabytes(file.size));
  if (!seen) return null;
  const { width, height } = seen;
  // Either way up: some kernels do not turn a photo upright.
  if (!isSmall(rule, width, height) || !isSmall(rule, height, width)) return null;
  if (isOwnScreen(rule, width, height) || isOwnScreen(rule, height, width)) return null;
  const shape = shapeOf(rule, width, height);
  return refused(isStrip(rule, width, height) ? shape.strip : shape.small, filled(rule.pixels, { width, height }));
};
