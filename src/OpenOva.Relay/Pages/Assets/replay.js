// Plays a sealed recording: the index says which member of the object holds which time; a member is fetched by its range, unpacked by itself and drawn in order.
import Guacamole from './guacamole.js';

const byId = (id) => document.getElementById(id);
const player = byId('player');
const { session, pass } = player.dataset;
const address = (part) => `/recordings/${session}/${part}?pass=${encodeURIComponent(pass)}`;
const say = (text) => { byId('progress').textContent = text; };
const payload = (jws) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(jws.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))));
const clock = (ms) => {
  const s = Math.floor(ms / 1000);
  const [h, m, r] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  return h ? `${h}:${String(m).padStart(2, '0')}:${String(r).padStart(2, '0')}` : `${m}:${String(r).padStart(2, '0')}`;
};

// The drawing side: a client that is fed by hand.
const feed = new Guacamole.Tunnel();
feed.connect = feed.disconnect = feed.sendMessage = () => {};
let client;
let screen;
const reset = () => {
  client = new Guacamole.Client(feed);
  screen = client.getDisplay();
  screen.onresize = scale;
  byId('screen').replaceChildren(screen.getElement());
  client.connect();
};
const scale = () => { if (screen?.getWidth()) screen.scale(Math.min(1, byId('screen').clientWidth / screen.getWidth())); };
new ResizeObserver(() => scale()).observe(byId('screen'));

// Members by their first time, in milliseconds of the target's clock since the first sync.
let members = [];
let first = 0;
let length = 0;
let anchor = 0;
const KEPT = 6;
const unpacked = new Map();

const framesOf = async (n) => {
  if (unpacked.has(n)) return unpacked.get(n);
  const { offset, bytes } = members[n];
  const response = await fetch(address('object'), { headers: { range: `bytes=${offset}-${offset + bytes - 1}` } });
  if (response.status !== 206) throw new Error(response.status === 403 ? 'This view is over: give a purpose again.' : 'The recording cannot be read now.');
  const text = await new Response((await response.blob()).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  const frames = [];
  let instructions = [];
  const parser = new Guacamole.Parser();
  parser.oninstruction = (opcode, parameters) => {
    instructions.push([opcode, [...parameters]]);
    if (opcode !== 'sync') return;
    frames.push({ at: Number(parameters[0]) - first, instructions });
    instructions = [];
  };
  parser.receive(text);
  // What follows the member's last sync belongs to the frame that the next member ends.
  if (instructions.length) frames.push({ at: frames.length ? frames.at(-1).at : members[n].from, instructions });
  unpacked.set(n, frames);
  for (const old of unpacked.keys()) if (unpacked.size > KEPT && old !== n) unpacked.delete(old);
  return frames;
};

// Where the drawing stands: the next frame to be drawn, and states to go back to.
let at = { member: 0, frame: 0 };
let position = 0;
const KEYFRAME_MS = 10_000;
const MOST_KEYFRAMES = 60;
let keyframes = [];

const exported = () => new Promise((resolve) => { client.exportState(resolve); });
const imported = (state) => new Promise((resolve) => { client.importState(state, resolve); });
const flushed = () => new Promise((resolve) => { screen.flush(resolve); });

const keep = async () => {
  if (keyframes.some((frame) => Math.abs(frame.position - position) < KEYFRAME_MS)) return;
  keyframes.push({ position, at: { ...at }, state: await exported() });
  if (keyframes.length > MOST_KEYFRAMES) keyframes = keyframes.filter((_, n) => n % 2 === 0);
};

// One task draws at a time. Whoever comes later makes the one before give up, and begins when it has.
let task = 0;
let before = Promise.resolve();
const alone = (work) => {
  task += 1;
  const mine = task;
  const done = before.then(() => mine === task && work(mine));
  before = done.catch(() => {});
  return done;
};

// Draws up to a time. The client shows one frame each time that the browser paints, so frames that are passed over together are handed to it as one: the last sync's.
const drawUntil = async (target, mine) => {
  let sinceYield = performance.now();
  let sync = null;
  const shown = async () => {
    if (!sync) return;
    feed.oninstruction?.(...sync);
    sync = null;
    await flushed();
  };
  while (at.member < members.length) {
    const frames = await framesOf(at.member);
    if (mine !== task) return false;
    for (; at.frame < frames.length; at.frame += 1) {
      const frame = frames[at.frame];
      if (frame.at > target) {
        await shown();
        return mine === task;
      }

      for (const [opcode, parameters] of frame.instructions) {
        if (opcode === 'sync') sync = [opcode, parameters];
        else feed.oninstruction?.(opcode, parameters);
      }

      position = frame.at;
      if (performance.now() - sinceYield > 50) {
        await shown();
        if (mine !== task) { at.frame += 1; return false; }
        sinceYield = performance.now();
      }
    }
    at = { member: at.member + 1, frame: 0 };
    await shown();
    await keep();
    if (mine !== task) return false;
  }
  return true;
};

const seek = (target) => alone(async (mine) => {
  say('Seeking…');
  const kept = keyframes.filter((frame) => frame.position <= target).sort((a, b) => b.position - a.position)[0];
  if (target < position || (kept && kept.position > position)) {
    if (kept) {
      await imported(kept.state);
      at = { ...kept.at };
      position = kept.position;
    } else {
      reset();
      at = { member: 0, frame: 0 };
      position = 0;
    }
  }
  if (mine !== task || !await drawUntil(target, mine)) return false;
  await flushed();
  position = Math.max(position, target);
  show();
  say('');
  return true;
});

const slider = byId('position');
const show = () => {
  if (document.activeElement !== slider || !slider.matches(':active')) slider.value = String(position);
  slider.setAttribute('aria-valuetext', `${clock(position)} of ${clock(length)}`);
  byId('elapsed').textContent = `${clock(position)} of ${clock(length)}`;
  byId('when').textContent = anchor ? new Date(anchor + position).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }) : '–';
};

// Playing: real time, times the speed.
let playing = false;
const play = async () => {
  playing = true;
  byId('play').textContent = 'Pause';
  if (position >= length) await seek(0);
  await alone(async (mine) => {
    let then = performance.now();
    let wanted = position;
    while (playing && mine === task && position < length) {
      await new Promise((resolve) => { setTimeout(resolve, 33); });
      const now = performance.now();
      wanted = Math.min(length, wanted + (now - then) * Number(byId('speed').value));
      then = now;
      if (mine !== task || !await drawUntil(wanted, mine)) return;
      position = Math.max(position, wanted);
      show();
    }
    if (mine === task) pause();
  });
};
const pause = () => {
  playing = false;
  byId('play').textContent = 'Play';
};
byId('play').addEventListener('click', () => {
  if (!playing) { play().catch(fail); return; }
  task += 1;
  pause();
});
slider.addEventListener('change', async () => {
  const goOn = playing;
  playing = false;
  try {
    if (await seek(Number(slider.value)) && goOn) await play();
  } catch (error) {
    fail(error);
  }
});
const fail = (error) => { pause(); say(error.message); };

const begin = async () => {
  const response = await fetch(address('index'));
  if (!response.ok) throw new Error('The index cannot be read now.');
  const index = await response.json();
  const headers = index.segments.map(payload).filter((header) => header.first_sync_ms !== null);
  if (!headers.length) { say('Nothing was drawn in this session.'); return; }
  first = headers[0].first_sync_ms;
  length = headers.at(-1).last_sync_ms - first;
  anchor = headers[0].first_wall_us / 1000;
  members = index.members.map((member) => {
    const inside = headers.find((header) => header.raw_offset + header.raw_bytes > member.raw_offset);
    return { ...member, from: (inside?.first_sync_ms ?? headers.at(-1).last_sync_ms) - first };
  });
  slider.max = String(length);
  slider.disabled = byId('play').disabled = false;
  reset();
  await seek(0);
};
window.relayPlayer = { seek, play, pause, get position() { return position; }, get length() { return length; }, get screen() { return screen; } };
begin().catch(fail);
