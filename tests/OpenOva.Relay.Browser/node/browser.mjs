// A browser for the scripts here: Chromium as RELAY_TEST_CHROMIUM starts it, and people who sign in with it.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const PATIENCE = 60_000;

// By its port and not by a pipe: it lives behind other programs, which keep no further streams open for it.
export const startBrowser = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-chromium-'));
  const process_ = spawn(process.env.RELAY_TEST_CHROMIUM, [`--user-data-dir=${folder}`, '--remote-debugging-port=0', 'about:blank'], { stdio: 'ignore' });
  let port;
  for (const until = Date.now() + PATIENCE; !port; await new Promise((resolve) => { setTimeout(resolve, 50); })) {
    if (process_.exitCode !== null) throw new Error(`Chromium ended with ${process_.exitCode}`);
    if (Date.now() > until) throw new Error('Chromium did not start');
    port = await readFile(join(folder, 'DevToolsActivePort'), 'utf8').then((text) => text.split('\n')[0], () => undefined);
  }
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  return {
    browser,
    close: async () => {
      // Asked to end itself, since what stands before it passes no signal on; killed, together with all that it started, if it does not.
      const ended = new Promise((resolve) => { process_.once('exit', resolve); });
      const impatient = setTimeout(() => process_.kill('SIGKILL'), 10_000);
      await browser.newBrowserCDPSession().then((session) => session.send('Browser.close')).catch(() => {});
      if (process_.exitCode === null && process_.signalCode === null) await ended;
      clearTimeout(impatient);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** Signs a person in at the development issuer, with a browser profile of his own. Whatever the page's console complains of is collected. */
export const signIn = async ({ browser }, base, name, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`); });
  page.on('request', (request) => { if (/^https?:/.test(request.url()) && !request.url().startsWith(base)) complaints.push(`asked ${request.url()}`); });
  await page.goto(`${base}/auth/sign-in?organisation=acme`);
  await page.fill('#username', name);
  await page.fill('#password', 'pw');
  await page.click('#kc-login');
  await page.waitForURL(`${base}/`);
  return { page, complaints, context };
};

/** What a display shows, without the pointer: its size and a digest of its pixels, and how many of them are not of the commonest colour. */
export const picture = (page, which) => page.evaluate(async (name) => {
  const screen = window[name].screen;
  await new Promise((resolve) => { screen.flush(resolve); });
  const canvas = screen.flatten();
  if (!canvas.width || !canvas.height) return { width: 0, height: 0, drawn: 0, digest: 'nothing yet' };
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint32Array(data.buffer);
  const counts = new Map();
  for (let from = 0, to = 0; from < pixels.length; from = to) {
    while (to < pixels.length && pixels[to] === pixels[from]) to += 1;
    counts.set(pixels[from], (counts.get(pixels[from]) ?? 0) + to - from);
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  return {
    width: canvas.width, height: canvas.height, drawn: pixels.length - Math.max(...counts.values()),
    digest: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}, which);

/** Runs a script's steps, says each as a line of JSON, and ends with 1 where one fails. */
export const run = async (steps) => {
  const say = (line) => console.log(JSON.stringify(line));
  const lab = await startBrowser();
  try {
    await steps(lab, say);
  } catch (error) {
    say({ failed: error.stack ?? String(error) });
    process.exitCode = 1;
  } finally {
    await lab.close();
  }
};
