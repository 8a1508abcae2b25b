/* 引用: the published steps of an article go into the text that is being written for the clinic, to be changed there. */

const isSeen = (box) => box && box.isConnected && box.offsetParent !== null;
const seenBox = () => Array.from(document.querySelectorAll('.work textarea')).find(isSeen);
let last = null;

document.addEventListener('focusin', (event) => {
  if (event.target.matches('.work textarea')) last = event.target;
});

document.querySelectorAll('[data-quote]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => {
    const box = isSeen(last) ? last : seenBox();
    if (!box) return;
    const before = box.value.trimEnd();
    box.value = before ? `${before}\n${button.dataset.quote}` : button.dataset.quote;
    box.focus();
    box.dispatchEvent(new Event('input', { bubbles: true }));
    box.scrollIntoView({ block: 'center' });
  });
});
