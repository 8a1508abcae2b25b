/* Every staff page: counts in the header, asked each minute while the page is in sight. In a queue also what is new
   and what became urgent: one line to press, because rows never move by themselves. */

const EVERY_MS = 60000;
const place = document.querySelector('[data-news]');
const line = document.querySelector('[data-news-line]');
const live = document.getElementById('live');
const title = document.title;
let pressing = null; // numbers that were urgent or late when the page was opened
let askedAt = 0;
let unseen = 0; // notices
let arrived = 0; // in the queue that the page shows

const showCount = (name, number) => {
  const shown = document.querySelector(`[data-count="${name}"]`);
  if (!shown) return;
  shown.querySelector('[data-count-number]').textContent = String(number);
  shown.hidden = number === 0;
};

const showTitle = (notices, news) => {
  [unseen, arrived] = [notices, news];
  document.title = notices + news ? `(${notices + news}) ${title}` : title;
};

const showCounts = (news) => {
  for (const queue of Object.keys(news.to_do)) {
    showCount(`to_do.${queue}`, news.to_do[queue]);
    showCount(`my_turn.${queue}`, news.my_turn[queue] || 0);
  }
  showCount('notices', news.notices);
  showTitle(news.notices, arrived);
  showCount('approvals', news.approvals);
};

const showLine = (fresh, urgent) => {
  const words = [];
  if (fresh) words.push(`${fresh} 条新问题`);
  if (urgent.length) words.push(`${urgent.length} 条变为紧急或超时`);
  showTitle(unseen, fresh + urgent.length);
  const text = words.length ? `有 ${words.join('，')}，点击显示` : '';
  const link = line.querySelector('[data-news-link]');
  if (text && text !== link.textContent && live) live.textContent = text;
  link.textContent = text;
  line.hidden = !text;
  for (const number of urgent) {
    const row = document.getElementById(number);
    if (row) row.closest('tr').classList.add('row--pressing');
  }
};

const ask = async () => {
  askedAt = Date.now();
  const query = place
    ? `?${new URLSearchParams({ queue: place.dataset.news, since: place.dataset.newsSince })}` : '';
  try {
    const response = await fetch(`/account/news${query}`, {
      headers: { Accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store', redirect: 'error',
    });
    if (!response.ok) return;
    const news = await response.json();
    showCounts(news);
    if (!place || news.new === undefined) return;
    if (pressing === null) pressing = new Set(news.pressing);
    showLine(news.new, news.pressing.filter((number) => !pressing.has(number)));
  } catch (error) {
    return; // the line is down or the session over: the counts stay as they are
  }
};

const askIfDue = () => {
  if (document.visibilityState === 'visible' && Date.now() - askedAt >= EVERY_MS) ask();
};

/* On a narrow screen the tabs scroll: the open one is in sight. */
const open = document.querySelector('.tab[aria-current]');
if (open) open.closest('.tabs').scrollLeft = open.offsetLeft - 16;

if (place) ask();
else askedAt = Date.now();
setInterval(askIfDue, 5000);
document.addEventListener('visibilitychange', askIfDue);
