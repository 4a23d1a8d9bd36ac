// node pages.mjs '{"base","folder"}': every page at two widths, light and dark, with a real empty and a real error state; axe must find nothing serious, nothing
// may be wider than the screen, and everything must be reached by the keyboard alone. Where a folder is given, a picture of each goes there.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { run, signIn } from './browser.mjs';

const { base, folder, session, request } = JSON.parse(process.argv[2]);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = {
  olivia: ['/', '/connections/ssh-db', '/connections/ssh-jit', '/requests', `/requests/${request}`, '/sessions', `/sessions/${session}`, '/recordings/none'],
  oscar: ['/', '/sessions'],
  albert: ['/requests', `/requests/${request}`],
  sofia: ['/sessions', `/sessions/${session}`, '/emergencies'],
  anton: ['/sessions', `/sessions/${session}`, `/recordings/${session}`, 'replay'],
};
const WIDTHS = [1280, 390];

const check = async (page, say, name) => {
  const found = await page.evaluate(async (source) => {
    const { eval: run_ } = globalThis;
    if (!globalThis.axe) run_(source);
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  }, axe);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const unreached = await page.evaluate(() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter((element) => element.checkVisibility() && (element.tabIndex < 0) && !element.disabled).map((element) => element.outerHTML.slice(0, 120)));
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  say({ page: name, found, overflow, unreached });
};

await run(async (lab, say) => {
  const visitor = await lab.browser.newContext({ bypassCSP: true });
  for (const colorScheme of ['light', 'dark']) {
    for (const width of WIDTHS) {
      const page = await visitor.newPage();
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      for (const [path, name] of [['/sign-in?organisation=nowhere', 'sign-in'], ['/signed-out', 'signed-out']]) {
        await page.goto(base + path);
        await check(page, say, `${name}-${width}-${colorScheme}`);
      }
      await page.close();
    }
  }
  for (const [person, paths] of Object.entries(PAGES)) {
    // Its own policy forbids pages to run what axe is made of: that it holds is asked elsewhere.
    const { page, complaints } = await signIn(lab, base, person, { bypassCSP: true });
    for (const path of paths) {
      for (const colorScheme of ['light', 'dark']) {
        for (const width of WIDTHS) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 800 });
          if (path === 'replay') {
            await page.goto(`${base}/recordings/${session}`);
            await page.fill('#purpose', 'A look');
            await page.click('button:has-text("Replay")');
            await page.waitForFunction(() => !document.querySelector('#play').disabled);
          } else await page.goto(base + path);
          await check(page, say, `${person}${path.replaceAll(/[^a-z]+/g, '-').replace(/-$/, '')}-${width}-${colorScheme}`);
        }
      }
    }
    say({ person, complaints });
  }
});
