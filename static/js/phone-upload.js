/* 换用手机传图: the code on the PC's page, and what the phone sends. Without this script the button posts the form. */

import { say } from './picture-item.js';

const POLL_EVERY = 4000;

/* `receive` draws one picture of the draft unless the page has it; `transfers` and `post` are the page's own. */
export const followPhone = (section, { token, post, transfers, receive }) => {
  const path = section.dataset.phone;
  const part = (name) => section.querySelector(`[data-phone-${name}]`);
  let timer = 0;

  const show = (state) => {
    section.dataset.phoneState = state;
    section.querySelectorAll('[data-phone-when]').forEach((element) => {
      element.hidden = !element.dataset.phoneWhen.split(' ').includes(state);
    });
  };

  const look = () => {
    const asked = transfers.changes();
    fetch(path, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error('no answer'))))
      .then((found) => {
        if (asked === transfers.changes() && !transfers.isBusy()) found.pictures.forEach(receive);
        if (found.state === 'over') { show('over'); return; }
        if (found.state === 'taken' && section.dataset.phoneState === 'waiting') say('手机已连接');
        show(found.state);
        timer = setTimeout(look, POLL_EVERY);
      })
      .catch(() => { timer = setTimeout(look, POLL_EVERY); });
  };

  const showCode = (found) => {
    part('qr').src = found.qr;
    part('expires').textContent = found.expires;
    show('waiting');
    section.scrollIntoView({ block: 'center' });
    say('二维码已显示，请用手机扫码');
    clearTimeout(timer);
    timer = setTimeout(look, POLL_EVERY);
  };

  const ask = (button, to, then) => button.addEventListener('click', (event) => {
    event.preventDefault();
    post(to, { csrf: token }, {
      load: (status, answer) => (status < 300 ? then(answer) : say(answer.title || '没有成功，请再试一次')),
      error: () => say('网络断开，请再试一次'),
    });
  });
  ask(part('begin'), path, showCode);
  ask(part('end'), `${path}/removal`, () => {
    clearTimeout(timer);
    show('none');
    part('begin').focus();
  });
  if (/waiting|taken/.test(section.dataset.phoneState)) timer = setTimeout(look, POLL_EVERY);
};
