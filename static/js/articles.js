/* Articles beside the form while the trouble is described. The text goes to the portal only, which keeps nothing of it; an answer that
   does not come is not missed. */

const KEY = 'portal.articles';
const WAIT = 900;
const FEWEST = 6;
const MOST = 3;

const box = document.querySelector('[data-articles][data-ask]');
const description = document.getElementById('field-description');

if (box && description) {
  const list = box.querySelector('[data-articles-list]');
  const fold = box.querySelector('.known__rest');
  const hints = document.createElement('div');
  const csrf = description.form.querySelector('[name="csrf"]');
  let asked = '';
  let shown = '';
  let timer = 0;
  let request = null;

  const isAway = () => { try { return sessionStorage.getItem(KEY) === '1'; } catch (error) { return false; } };

  const part = (name, className, text) => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };

  const item = (article) => {
    const details = part('details', 'known__issue', '');
    details.id = `article-${article.number}`;
    const summary = document.createElement('summary');
    summary.appendChild(part('span', 'known__title', article.title));
    const more = part('div', 'known__more', '');
    const care = part('p', 'known__text', '');
    care.append(part('strong', '', '注意：'), article.cautions);
    const ways = document.createElement('p');
    const solved = part('button', 'button button--small', '解决了，不用提交');
    Object.assign(solved, { type: 'submit', name: 'article', value: article.number, formNoValidate: true });
    solved.setAttribute('form', 'article-solved');
    const link = part('a', '', '打开整页');
    Object.assign(link, { href: `/help/${article.number}`, target: '_blank', rel: 'noopener' });
    ways.append(solved, ' ', link);
    more.append(part('p', 'known__text', article.steps), care, ways);
    details.append(summary, more);
    return details;
  };

  const hint = (article) => {
    const line = part('p', 'known__match', '');
    const link = part('a', '', `可能有现成的办法：${article.title}`);
    link.href = `#article-${article.number}`;
    link.addEventListener('click', () => {
      const found = document.getElementById(`article-${article.number}`);
      fold.open = true;
      found.open = true;
      found.querySelector('summary').focus();
    });
    line.appendChild(link);
    return line;
  };

  const show = (articles) => {
    const names = articles.map((article) => article.number).join(' ');
    if (names === shown) return;
    shown = names;
    list.textContent = '';
    hints.textContent = '';
    articles.forEach((article) => {
      list.appendChild(item(article));
      hints.appendChild(hint(article));
    });
    box.hidden = !articles.length;
    box.querySelector('[data-articles-count]').textContent = articles.length;
    if (articles.length) document.getElementById('live').textContent = hints.firstChild.textContent;
  };

  const ask = () => {
    const typed = description.value.trim();
    if (typed === asked || typed.length < FEWEST || isAway()) return;
    asked = typed;
    if (request) request.abort();
    const beside = document.querySelector('.known__match:not([hidden])') && !hints.querySelector('.known__match') ? 1 : 0;
    const body = new FormData();
    body.append('csrf', csrf.value);
    body.append('description', typed);
    body.append('beside', String(beside));
    const sent = new XMLHttpRequest();
    request = sent;
    sent.open('POST', box.dataset.ask);
    sent.timeout = 4000;
    sent.addEventListener('load', () => {
      if (sent.status !== 200 || description.value.trim() !== typed) return;
      try {
        show((JSON.parse(sent.responseText).articles || []).slice(0, MOST - beside));
      } catch (error) { /* none */ }
    });
    sent.send(body);
  };

  description.closest('.field').appendChild(hints);
  description.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  description.addEventListener('change', ask);
  if (description.value) ask(); // typed while this script was on its way
}
