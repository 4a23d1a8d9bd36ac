// node server.mjs PORT STATE REALMS: the realms of the file REALMS on 127.0.0.1:PORT; secrets and issuers as files in the folder STATE.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { answerAdmin } from './admin.mjs';
import { answerControl, Faults } from './control.mjs';
import { Directory } from './directory.mjs';
import { answerLogin } from './login.mjs';
import { BASE, Realm } from './realm.mjs';
import { Secrets } from './secrets.mjs';

const [port, state, definitions] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const secrets = new Secrets(state);
const faults = new Faults();
const realms = new Map();
for (const definition of JSON.parse(readFileSync(definitions, 'utf8')).realms) {
  const realm = new Realm(origin, new Directory(definition, secrets));
  realms.set(definition.realm, realm);
  mkdirSync(join(state, 'issuers'), { recursive: true });
  writeFileSync(join(state, 'issuers', definition.realm), `${realm.issuer}\n`);
}

const text = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
const send = (response, { status, body }) => response.writeHead(status, HEADERS).end(JSON.stringify(body));

const answer = async (request, response) => {
  const url = new URL(request.url, origin);
  const [, section, ...rest] = url.pathname.split('/');
  if (section === '_control') {
    if (request.headers.authorization !== `Bearer ${secrets.control}`) return send(response, { status: 401, body: {} });
    return send(response, await answerControl(realms, faults, request.method, rest.join('/'), JSON.parse((await text(request)) || '{}')));
  }
  if (await faults.interfere(url, request, response)) return undefined;
  const realm = realms.get(decodeURIComponent(section === 'admin' ? rest[1] ?? '' : rest[0] ?? ''));
  if (!realm || (section === 'admin' ? rest[0] : section) !== 'realms') return send(response, { status: 404, body: { error: 'Realm does not exist' } });
  if (section === 'admin') return send(response, answerAdmin(realm, rest.slice(2).join('/'), url.searchParams, request));
  if (url.pathname === `${realm.path}${BASE}/certs`) return send(response, { status: 200, body: realm.certificates() });
  if (rest[1] === 'login') return answerLogin(realm, request, response, text);
  request.originalUrl = request.url;
  request.url = request.url.slice(realm.path.length) || '/';
  return realm.callback(request, response);
};

http.createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) send(response, { status: 500, body: { error: 'unknown_error' } });
  });
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on ${origin}`));
process.on('SIGTERM', () => process.exit(0));
