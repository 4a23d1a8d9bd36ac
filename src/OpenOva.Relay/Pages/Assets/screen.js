// The session's screen: guacamole-common-js over the tunnel, scaled to the window, with what a keyboard alone cannot send.
import Guacamole from './guacamole.js';

const byId = (id) => document.getElementById(id);
const display = byId('display');
const { session } = display.dataset;
const isWatch = display.dataset.watch === '1';
const say = (text) => { byId('state').textContent = text; };

// What Relay tells beside the picture comes as an instruction of the tunnel's own, which guacamole-common-js keeps to itself: it is read off the socket.
const NOTICES = {
  idle: (at) => `Cut as idle at ${at} unless you do something`,
  'time-over': (at) => `The session's time is over at ${at}`,
  extended: (at) => `Extended until ${at}`,
  shutdown: (at) => `This server is shut down at ${at}: open a new session`,
  locked: () => 'Locked by an officer: what you type and click is dropped',
  unlocked: () => 'Unlocked: you can go on',
  watched: () => 'Somebody is watching this session',
  unwatched: () => 'Nobody is watching any more',
};
const noticed = (kind, atUs) => {
  const at = new Date(Number(atUs) / 1000).toLocaleTimeString();
  if (NOTICES[kind]) say(NOTICES[kind](at));
  if (kind === 'locked' || kind === 'unlocked') document.body.classList.toggle('locked', kind === 'locked');
};
const BrowserSocket = window.WebSocket;
window.WebSocket = class extends BrowserSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({ data }) => {
      const notice = /^0\.,6\.notice,\d+\.([a-z-]+),\d+\.(\d+);$/.exec(data);
      if (notice) noticed(notice[1], notice[2]);
    });
  }
};

const tunnel = new Guacamole.WebSocketTunnel('/tunnel');
const client = new Guacamole.Client(tunnel);
const screen = client.getDisplay();
const element = screen.getElement();
display.append(element);
display.classList.toggle('watched', isWatch);

// Scaling: to the window, or one to one.
let fits = true;
const scale = () => {
  if (!screen.getWidth() || !screen.getHeight()) return;
  screen.scale(fits ? Math.min(display.clientWidth / screen.getWidth(), display.clientHeight / screen.getHeight(), isWatch ? Infinity : 1) : 1);
};
screen.onresize = scale;
byId('fit').addEventListener('click', ({ currentTarget }) => {
  fits = !fits;
  currentTarget.setAttribute('aria-pressed', String(fits));
  scale();
});
let resizing;
new ResizeObserver(() => {
  scale();
  if (isWatch || !fits) return;
  clearTimeout(resizing);
  resizing = setTimeout(() => client.sendSize(display.clientWidth, display.clientHeight), 300);
}).observe(display);

// The end, and why.
let reason = null;
const ended = (text) => {
  if (byId('ended').open) return;
  say('Ended');
  byId('ended-text').textContent = text;
  byId('ended').showModal();
};
const STATUS = {
  256: 'The protocol of this connection is not installed.', 513: 'The desktop gateway cannot be reached.', 514: 'The target did not answer in time.',
  515: 'The target refused the stored credential, or is not the host that the connection names.', 516: 'The session is over.', 519: 'The target cannot be reached.',
  520: 'The target reported an error.', 522: 'The time of the session is over, or nobody did anything for too long.', 523: 'The session was ended by order.',
  769: 'The ticket was used or has expired: open the connection again.', 771: 'This is not permitted.', 781: 'Your browser read too slowly.', 797: 'A limit was reached.',
};
const textOf = (status) => STATUS[status.code] ?? (status.message && !/^\d+$/.test(status.message) ? status.message : 'The connection broke off.');
client.onerror = (status) => { reason = reason ?? (status.message && !/^\d+$/.test(status.message) ? status.message : textOf(status)); };
tunnel.onerror = (status) => { reason = reason ?? textOf(status); ended(reason); };
client.onstatechange = (state) => {
  if (state === Guacamole.Client.State.CONNECTED) say(isWatch ? 'Live' : 'Connected');
  if (state === Guacamole.Client.State.DISCONNECTED) ended(reason ?? (isWatch ? 'You see it no more: it has ended, or you have stopped.' : 'You or the target ended it.'));
};
byId('leave').addEventListener('click', () => client.disconnect());
window.addEventListener('pagehide', () => client.disconnect());

if (!isWatch) {
  const keyboard = new Guacamole.Keyboard(display);
  const held = new Set();
  keyboard.onkeydown = (keysym) => {
    held.add(keysym);
    // Control, Alt and Shift together give the keyboard back to the page: whoever has no mouse must get out again.
    if ([[65507, 65508], [65513, 65514], [65505, 65506]].every((either) => either.some((key) => held.has(key)))) {
      keyboard.reset();
      held.clear();
      byId('leave').focus();
      return true;
    }
    client.sendKeyEvent(1, keysym);
    return false;
  };
  keyboard.onkeyup = (keysym) => { held.delete(keysym); client.sendKeyEvent(0, keysym); };
  display.addEventListener('blur', () => { keyboard.reset(); held.clear(); });

  const mouse = new Guacamole.Mouse(element);
  mouse.onEach(['mousedown', 'mouseup', 'mousemove'], ({ state }) => {
    if (document.activeElement !== display) display.focus({ preventScroll: true });
    client.sendMouseState(state, true);
  });
  const touch = new Guacamole.Mouse.Touchscreen(element);
  touch.onEach(['mousedown', 'mouseup', 'mousemove'], ({ state }) => client.sendMouseState(state, true));

  const list = byId('key-list');
  byId('keys').addEventListener('click', ({ currentTarget }) => {
    list.hidden = !list.hidden;
    currentTarget.setAttribute('aria-expanded', String(!list.hidden));
  });
  list.addEventListener('click', ({ target }) => {
    const keys = target.dataset.keys?.split(' ').map(Number);
    if (!keys) return;
    for (const key of keys) client.sendKeyEvent(1, key);
    for (const key of keys.reverse()) client.sendKeyEvent(0, key);
    display.focus();
  });

  // Clipboard: by hand, so that nothing of the person's own clipboard goes anywhere without his doing.
  // What the connection does not let through has no button here, and does not pass the server either.
  const dialog = byId('clipboard');
  if (dialog) client.onclipboard = (stream, mimetype) => {
    if (!mimetype.startsWith('text/')) return;
    const reader = new Guacamole.StringReader(stream);
    let text = '';
    reader.ontext = (more) => { text += more; };
    reader.onend = () => { byId('clipboard-text').value = text; };
  };
  byId('paste')?.addEventListener('click', () => dialog.showModal());
  byId('clipboard-close')?.addEventListener('click', () => dialog.close());
  byId('clipboard-send')?.addEventListener('click', () => {
    const writer = new Guacamole.StringWriter(client.createClipboardStream('text/plain'));
    writer.sendText(byId('clipboard-text').value);
    writer.sendEnd();
    dialog.close();
    display.focus();
  });

  // Files and print jobs that the target offers are saved as the browser saves any download.
  client.onfile = (stream, mimetype, name) => {
    const reader = new Guacamole.BlobReader(stream, mimetype);
    say(`Receiving ${name}…`);
    reader.onend = () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(reader.getBlob());
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      say(`Received ${name}`);
    };
    stream.sendAck('Ready', Guacamole.Status.Code.SUCCESS);
  };

  const chosen = byId('upload-file');
  byId('upload')?.addEventListener('click', () => chosen.click());
  chosen?.addEventListener('change', () => {
    const [file] = chosen.files;
    if (!file) return;
    const writer = new Guacamole.BlobWriter(client.createFileStream(file.type || 'application/octet-stream', file.name));
    say(`Sending ${file.name}…`);
    writer.oncomplete = () => { writer.sendEnd(); say(`Sent ${file.name}`); };
    writer.onerror = () => say(`${file.name} was not taken`);
    // The first answer says that the target is ready; any may say that it is not.
    let isReady = false;
    writer.onack = (status) => {
      if (status.isError()) {
        say(`${file.name} was not taken`);
        writer.sendEnd();
      } else if (!isReady) {
        isReady = true;
        writer.sendBlob(file);
      }
    };
    chosen.value = '';
    display.focus();
  });
}

byId('full').addEventListener('click', () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));

const query = new URLSearchParams({ GUAC_ID: session, GUAC_NOTICES: '1' });
if (isWatch) query.set('GUAC_WATCH', '1');
else {
  query.set('GUAC_WIDTH', String(Math.max(320, display.clientWidth)));
  query.set('GUAC_HEIGHT', String(Math.max(240, display.clientHeight)));
  query.set('GUAC_DPI', '96');
  query.set('GUAC_TIMEZONE', Intl.DateTimeFormat().resolvedOptions().timeZone);
  for (const type of ['image/png', 'image/jpeg', 'image/webp']) query.append('GUAC_IMAGE', type);
  for (const type of Guacamole.AudioPlayer.getSupportedTypes()) query.append('GUAC_AUDIO', type);
}
client.connect(query.toString());
display.focus();
// For tests and for those who look into their own session: nothing here is more than what the page can do anyway.
window.relayScreen = { client, screen };
