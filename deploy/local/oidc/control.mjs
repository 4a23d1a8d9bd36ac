// What only a test may ask: POST /_control/…, with the control secret as bearer. See README.md.
const DEFAULTS = { realm: '', path: '/', mode: 'error', status: 500 };

export class Faults {
  #fault;

  set({ seconds, ...fault }) { this.#fault = seconds > 0 ? { ...DEFAULTS, ...fault, until: Date.now() + seconds * 1000 } : undefined; }

  // Answers in place of the server while a fault is on. True when it did.
  async interfere(url, request, response) {
    const fault = this.#fault;
    if (!fault || Date.now() > fault.until || !url.pathname.includes(fault.path)) return false;
    if (fault.realm && !url.pathname.includes(`/realms/${fault.realm}`)) return false;
    if (fault.mode === 'hang') await new Promise((resolve) => { setTimeout(resolve, fault.until - Date.now()); });
    if (fault.mode === 'error') {
      response.writeHead(fault.status, { 'content-type': 'application/json' }).end('{"error":"unknown_error"}');
    } else request.socket.destroy();
    return true;
  }
}

const USER_MEMBERS = ['enabled', 'firstName', 'lastName', 'email', 'acr', 'amr', 'attributes', 'realmRoles', 'clientRoles', 'groups', 'password'];
const CLIENT_MEMBERS = ['backchannelLogoutUri', 'backchannelLogoutSessionRequired', 'enabled', 'audiences', 'redirectUris'];
const only = (names, from) => Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

const view = (realm) => ({
  issuer: realm.issuer,
  keys: realm.keys.map((key) => key.kid),
  users: [...realm.directory.users.values()].map(({ password, ...user }) => user),
  clients: [...realm.directory.clients.values()].map(({ secret, ...client }) => client),
});

export const answerControl = async (realms, faults, method, path, body) => {
  const [kind, name, what, id] = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (kind === 'faults' && method === 'POST') { faults.set(body); return { status: 200, body: {} }; }
  const realm = kind === 'realms' ? realms.get(name) : undefined;
  const user = what === 'users' ? realm?.directory.findUser(id) : undefined;
  switch (realm && `${method} ${what ?? ''}`) {
    case 'GET ':
      return { status: 200, body: view(realm) };
    case 'POST keys':
      return { status: 200, body: { keys: realm.rotate(body.drop === true) } };
    case 'POST users': {
      const { password, ...changed } = realm.directory.putUser(user?.username ?? id, only(USER_MEMBERS, body));
      return { status: 200, body: changed };
    }
    case 'DELETE users':
      if (user) realm.directory.removeUser(user);
      return { status: user ? 200 : 404, body: {} };
    case 'POST clients': {
      const client = realm.directory.clients.get(id);
      if (!client) return { status: 404, body: { error: 'no such client' } };
      Object.assign(client, only(CLIENT_MEMBERS, body));
      realm.rebuild();
      return { status: 200, body: {} };
    }
    case 'POST logout': {
      const one = body.sid ? [realm.sessions.find(body.sid)].filter(Boolean) : realm.sessions.of(realm.directory.findUser(body.user)?.id);
      const told = await Promise.all(one.map((session) => realm.logOut(session, body.withoutSid)));
      return { status: 200, body: { sessions: one.length, told: told.flat() } };
    }
    default:
      return { status: 404, body: { error: 'no such control' } };
  }
};
