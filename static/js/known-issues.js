/* Known issues beside the form: narrowed to the typed county and system, named while the description is typed, put away on
   request. Nothing that is typed leaves the page. */

const KEY = 'portal.known';
const WAIT = 600;

const away = () => { try { return (sessionStorage.getItem(KEY) || '').split(' '); } catch (error) { return []; } };
const putAway = (names) => { try { sessionStorage.setItem(KEY, away().concat(names).join(' ')); } catch (error) { /* shown again */ } };

/* As the server compares words: half-width, lower case, without blanks and punctuation. */
const folded = (text) => text.normalize('NFKC').toLowerCase().replace(/[\s\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e\u00b7\u2000-\u206f\u3000-\u303f]/g, '');
const valueOf = (name) => { const input = document.getElementById(`field-${name}`); return input ? folded(input.value) : ''; };

const box = document.querySelector('[data-known-issues]');
const issues = box ? Array.from(box.querySelectorAll('[data-known]')) : [];
const rest = box ? box.querySelector('.known__rest') : null;
const description = document.getElementById('field-description');
const gone = new Set(away());
let told = '';

const concerns = (issue) => {
  const county = folded(issue.dataset.county);
  const system = folded(issue.dataset.system);
  const place = valueOf('institution');
  const used = valueOf('previous_system');
  const isElsewhere = county && /[县区市旗]/.test(place) && !place.includes(county);
  return !isElsewhere && !(system && used && used !== system);
};

const narrow = () => {
  issues.forEach((issue) => { issue.hidden = gone.has(issue.dataset.known) || !concerns(issue); });
  if (rest) {
    const left = Array.from(rest.querySelectorAll('[data-known]')).filter((issue) => !issue.hidden).length;
    const count = rest.querySelector('[data-known-count]');
    rest.hidden = !left;
    if (count) count.textContent = left;
  }
  box.hidden = issues.every((issue) => issue.hidden);
};

const hint = document.createElement('p');
hint.className = 'known__match';
hint.hidden = true;

const match = () => {
  const written = folded(description.value);
  const found = issues.find((issue) => !issue.hidden
    && issue.dataset.keywords.split('|').some((word) => word && written.includes(folded(word))));
  const name = found ? found.dataset.known : '';
  if (name === told) return;
  told = name;
  hint.hidden = !found;
  hint.textContent = '';
  if (!found) return;
  const title = found.querySelector('.known__title').textContent;
  const link = document.createElement('a');
  link.href = `#${found.id}`;
  link.textContent = `可能是已知问题：${title}`;
  link.addEventListener('click', () => {
    if (rest && rest.contains(found)) rest.open = true;
    found.open = true;
    found.querySelector('summary').focus();
  });
  hint.appendChild(link);
  document.getElementById('live').textContent = link.textContent;
};

if (box) {
  const close = box.querySelector('[data-known-close]');
  close.hidden = false;
  close.addEventListener('click', () => {
    const names = issues.filter((issue) => !issue.hidden).map((issue) => issue.dataset.known);
    putAway(names);
    names.forEach((name) => gone.add(name));
    narrow();
    if (description) match();
    document.getElementById('main').focus({ preventScroll: true });
  });
  ['institution', 'previous_system'].forEach((name) => {
    const input = document.getElementById(`field-${name}`);
    if (input) input.addEventListener('change', () => { narrow(); if (description) match(); });
  });
  narrow();
  if (description) {
    let timer = 0;
    description.closest('.field').appendChild(hint);
    description.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(match, WAIT); });
    match();
  }
}
