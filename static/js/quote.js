/* 引用: the published steps of an article go into the text that is being written for the clinic, to be changed there. */

const boxes = () => Array.from(document.querySelectorAll('.work__act[open] textarea[name="text"], .work__act[open] textarea[name="steps"]'));
let last = null;

document.addEventListener('focusin', (event) => {
  if (event.target.matches('.work__act textarea')) last = event.target;
});

document.querySelectorAll('[data-quote]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => {
    const box = last && last.isConnected && last.closest('[open]') ? last : boxes()[0];
    if (!box) return;
    const before = box.value.trimEnd();
    box.value = before ? `${before}\n${button.dataset.quote}` : button.dataset.quote;
    box.focus();
    box.dispatchEvent(new Event('input', { bubbles: true }));
    box.scrollIntoView({ block: 'center' });
  });
});
