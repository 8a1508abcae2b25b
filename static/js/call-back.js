/* The form of a call-back: what belongs to an answer shows once it is given. Without this script all of it shows. */

const form = document.querySelector('.call form');
const isChecked = (id) => Boolean(form.querySelector(`#${id}`) && form.querySelector(`#${id}`).checked);
const show = (part, isShown) => form.querySelectorAll(part).forEach((element) => { element.hidden = !isShown; });

const follow = () => {
  show('.call__reached', isChecked('field-reached-yes'));
  show('.call__unhappy', isChecked('field-level-fair') || isChecked('field-level-unsatisfied'));
  show('.call__happy', isChecked('field-level-satisfied'));
};

if (form) {
  form.addEventListener('change', follow);
  window.addEventListener('pageshow', follow);
  follow();
}
