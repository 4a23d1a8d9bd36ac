// Looks again every few seconds and takes over what has changed, unless somebody is about to type or read on: no form, no focus and no place is ever lost.
const PERIOD = 3000;
let last = null;

const isBusy = () => document.hidden || document.activeElement?.closest('form:not(.who), dialog')
  || [...document.querySelectorAll('main form :is(input:not([type=hidden]), textarea)')].some((field) => field.value !== field.defaultValue || field.checked);

const look = async () => {
  if (!isBusy()) {
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
      if (response.ok) {
        const page = new DOMParser().parseFromString(await response.text(), 'text/html');
        const [fresh, shown] = [page.querySelector('main'), document.querySelector('main')];
        fresh.querySelector('.done')?.remove();
        const text = fresh.innerHTML;
        if (last !== null && last !== text && !isBusy()) {
          const focused = document.activeElement?.getAttribute?.('href');
          shown.replaceChildren(...fresh.childNodes);
          if (focused) [...shown.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)?.focus();
        }
        last = text;
      }
    } catch {
      // The service is away or the sign-in is over: what is shown stays, and the next click says so.
    }
  }
  setTimeout(look, PERIOD);
};

setTimeout(look, PERIOD);
