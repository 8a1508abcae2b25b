/* 主管看板: read again each minute while the page is in sight, and what changed is put in place. A part in which
   somebody points or types stays as it is until they leave it: nothing moves under a finger. */

const EVERY_MS = 60000;
const words = document.querySelector('[data-board-words]');
let askedAt = Date.now();

const isInUse = (part) => part.matches(':hover') || part.contains(document.activeElement);

const putInPlace = (fresh) => {
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (next && !next.isEqualNode(part) && !isInUse(part)) part.replaceWith(document.importNode(next, true));
  }
};

const ask = async () => {
  askedAt = Date.now();
  try {
    const response = await fetch(location.pathname, { credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
    if (!response.ok) return;
    putInPlace(new DOMParser().parseFromString(await response.text(), 'text/html'));
  } catch (error) {
    return; // the line is down or the session over: the page stays as it is
  }
};

const askIfDue = () => {
  if (document.visibilityState === 'visible' && Date.now() - askedAt >= EVERY_MS) ask();
};

if (words) words.hidden = false;
setInterval(askIfDue, 5000);
document.addEventListener('visibilitychange', askIfDue);
