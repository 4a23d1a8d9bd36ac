// Opens /tunnel as a page does with guacamole-common-js, which is not changed; only what a browser has and Node.js lacks is put beside it: `window`, and a
// WebSocket that sends the cookie, the sign-in and the origin. Reads the request as JSON from stdin, and prints what it saw as one line of JSON.
//
//   {"url": "ws://…/tunnel", "query": "GUAC_ID=…", "headers": {"Origin": …, "Cookie": …, "Authorization": …}}
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';

const request = JSON.parse(readFileSync(0, 'utf8'));
const seen = { uuid: null, instructions: [], echoes: 0, code: null, reason: null, status: null };

globalThis.window = globalThis;
globalThis.WebSocket = class extends WebSocket {
  constructor(address, protocol) {
    super(address, protocol, { headers: request.headers });
    this.addEventListener('message', event => { if (String(event.data).startsWith('0.,4.ping,')) seen.echoes++; });
    this.addEventListener('close', event => {
      [seen.code, seen.reason] = [event.code, event.reason];
      setTimeout(finish, 100);
    });
  }
};

const { default: Guacamole } = await import('@glokon/guacamole-common-js');
const tunnel = new Guacamole.WebSocketTunnel(request.url);
tunnel.onuuid = uuid => { seen.uuid = uuid; };
tunnel.onerror = status => { seen.status = status.code; };
tunnel.oninstruction = (opcode, elements) => {
  seen.instructions.push([opcode, ...elements]);
  if (opcode === 'sync') tunnel.sendMessage('sync', elements[0]);
  if (opcode === 'sync' && seen.instructions.filter(i => i[0] === 'sync').length === 1) {
    tunnel.sendMessage('key', 97, 1);
    leaveOncePinged();
  }
};
tunnel.connect(request.query);
const limit = setTimeout(finish, 60000);

// The client pings by itself, twice a second.
function leaveOncePinged() {
  if (seen.echoes > 0) tunnel.sendMessage('disconnect');
  else setTimeout(leaveOncePinged, 50);
}

function finish() {
  clearTimeout(limit);
  process.stdout.write(JSON.stringify(seen) + '\n', () => process.exit(0));
}
