// node journey.mjs '{"base","connection","needsApproval","text","folder"}': asks, is approved by a second browser, opens, types, is watched, locked and cut by a
// third, and is replayed by a fourth. Each step is a line of JSON; the pictures that must be the same are compared here.
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { picture, run, signIn } from './browser.mjs';

const { base, connection, needsApproval, text, recording } = JSON.parse(process.argv[2]);
const expect = (condition, message) => { if (!condition) throw new Error(message); };
const same = (a, b, message) => expect(a.digest === b.digest && a.width === b.width && a.height === b.height, `${message}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`);
const until = async (what, check) => {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => { setTimeout(resolve, 100); })) if (await check()) return;
  throw new Error(`waited in vain until ${what}`);
};
// A page that never answers fails by name, and not with the test's own time.
const bounded = (what, work) => Promise.race([work, new Promise((_, reject) => { setTimeout(() => reject(new Error(`waited in vain for ${what}`)), 60_000).unref(); })]);
const quiet = async (page, which) => {
  let last = '';
  await until('the picture rests', async () => {
    const now = await picture(page, which);
    await page.waitForTimeout(700);
    const rests = now.drawn > 0 && now.digest === last;
    last = now.digest;
    return rests;
  });
};

await run(async (lab, say) => {
  const olivia = await signIn(lab, base, 'olivia');
  await olivia.page.click(`main >> text="${connection}"`);
  if (needsApproval) {
    await olivia.page.fill('#reason', 'A test of the journey');
    await olivia.page.click('button:has-text("Ask for access")');
    await olivia.page.waitForURL(/\/requests\/.*done=requested/);
    const albert = await signIn(lab, base, 'albert');
    await albert.page.click('nav >> text=Requests');
    await albert.page.click(`table >> text="${connection}"`);
    await albert.page.click('button[value=approve]');
    await albert.page.waitForURL(/done=approved/);
    say({ step: 'approved by another', complaints: albert.complaints });
    await olivia.page.goto(`${base}/connections/${connection}`);
  }
  await olivia.page.fill('#purpose', 'A test of the journey');
  await olivia.page.check('#open-acknowledged');
  await olivia.page.click(`button:has-text("Open ${connection}")`);
  await olivia.page.waitForURL(/\/sessions\/.*\/screen/);
  const session = olivia.page.url().split('/')[4];
  await until('it is connected', async () => (await olivia.page.textContent('#state')) === 'Connected');
  say({ step: 'opened', session });

  await quiet(olivia.page, 'relayScreen');
  const before = await picture(olivia.page, 'relayScreen');
  await olivia.page.click('#display');
  await olivia.page.keyboard.type(`${text}\n`, { delay: 20 });
  await until('what was typed is drawn', async () => (await picture(olivia.page, 'relayScreen')).digest !== before.digest);
  await quiet(olivia.page, 'relayScreen');
  say({ step: 'typed', picture: await picture(olivia.page, 'relayScreen') });

  const sofia = await signIn(lab, base, 'sofia');
  await sofia.page.goto(`${base}/sessions/${session}`);
  await sofia.page.fill('#watch-purpose', 'A test of watching');
  await sofia.page.click('button:has-text("Watch")');
  await sofia.page.waitForURL(/\/watch/);
  await until('the watcher sees it', async () => (await sofia.page.textContent('#state')) === 'Live');
  await quiet(sofia.page, 'relayScreen');
  same(await picture(sofia.page, 'relayScreen'), await picture(olivia.page, 'relayScreen'), 'the watcher sees something else than the owner');
  await sofia.page.click('#leave');
  say({ step: 'watched', complaints: sofia.complaints });

  await sofia.page.goto(`${base}/sessions/${session}`);
  await sofia.page.fill('#lock-purpose', 'A test of locking');
  await sofia.page.click('button:has-text("Lock the session")');
  await until('the owner is told of the lock', async () => (await olivia.page.textContent('#state')).startsWith('Locked'));
  const locked = await picture(olivia.page, 'relayScreen');
  await olivia.page.keyboard.type('this goes nowhere\n', { delay: 5 });
  await olivia.page.waitForTimeout(1_000);
  same(await picture(olivia.page, 'relayScreen'), locked, 'what was typed under the lock was drawn');
  await sofia.page.goto(`${base}/sessions/${session}`);
  await sofia.page.fill('#end-purpose', 'A test of ending');
  const ordered = Date.now();
  await sofia.page.click('button:has-text("End the session")');
  await olivia.page.waitForSelector('#ended[open]');
  const cutAfter = Date.now() - ordered;
  const live = await picture(olivia.page, 'relayScreen');
  say({ step: 'locked and cut', milliseconds: cutAfter, told: await olivia.page.textContent('#ended-text'), complaints: [...olivia.complaints, ...sofia.complaints] });

  const anton = await signIn(lab, base, 'anton');
  await until('the recording is sealed', async () => {
    await anton.page.goto(`${base}/sessions/${session}`);
    return (await anton.page.locator('text=Replay the recording').count()) === 1;
  });
  await anton.page.click('text=Replay the recording');
  await anton.page.fill('#purpose', 'A test of replay');
  await anton.page.click('button:has-text("Replay")');
  await anton.page.waitForFunction(() => !document.querySelector('#play').disabled);
  await bounded('a seek to the end', anton.page.evaluate(() => window.relayPlayer.seek(window.relayPlayer.length)));
  const replayed = await picture(anton.page, 'relayPlayer');
  same(replayed, live, 'the replay ends in another picture than the session did');
  // Back and forth again: states that were kept and frames that are drawn anew lead to the same picture.
  await bounded('seeks back and forth', anton.page.evaluate(async () => {
    await window.relayPlayer.seek(0);
    await window.relayPlayer.seek(window.relayPlayer.length / 2);
    // Asked for at once, as by a person who drags: the last one counts.
    await Promise.all([window.relayPlayer.seek(0), window.relayPlayer.seek(window.relayPlayer.length / 3), window.relayPlayer.seek(window.relayPlayer.length)]);
  }));
  same(await picture(anton.page, 'relayPlayer'), live, 'the replay ends in another picture after seeking');
  say({ step: 'replayed', picture: replayed, when: await anton.page.textContent('#when'), complaints: anton.complaints });

  // The file as any player has it: what zcat gives, and nothing of Relay's but the page it is played on.
  await until('the recording is taken out', () => readFile(recording.replace('SESSION', session)).then(() => true, () => false));
  const raw = gunzipSync(await readFile(recording.replace('SESSION', session)));
  const script = await anton.page.locator('script[type=module][src$="/replay.js"]').getAttribute('src');
  await bounded('the stock player', anton.page.evaluate(async ({ address, bytes }) => {
    const { default: Guacamole } = await import(address);
    const played = new Guacamole.SessionRecording(new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]));
    await new Promise((resolve, reject) => { played.onload = resolve; played.onerror = (message) => reject(new Error(message)); });
    await new Promise((resolve) => { played.seek(played.getDuration(), resolve); });
    window.stockPlayer = { screen: played.getDisplay() };
  }, { address: script.replace('replay.js', 'guacamole.js'), bytes: raw.toString('base64') }));
  same(await picture(anton.page, 'stockPlayer'), live, 'guacamole-common-js alone ends in another picture');
  say({ step: 'played by guacamole-common-js alone', session });
});
