// A realm's users, roles, groups and clients, as they are now. Everything that tokens and the Admin API say is read from here.
import { createHash } from 'node:crypto';

// Stable across runs, so that a test may know an id before it asks.
export const stableId = (...parts) => {
  const hex = createHash('sha256').update(parts.join('\0')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const sorted = (names) => [...names].sort();

export class Directory {
  constructor(definition, secrets) {
    this.realm = definition.realm;
    this.accessTokenLifespan = definition.accessTokenLifespan ?? 300;
    this.secrets = secrets;
    this.clients = new Map();
    this.users = new Map();
    this.groups = new Map((definition.groups ?? []).map((group) => [group.path, group]));
    this.composites = new Map();
    this.descriptions = definition.roles ?? {};
    this.defaultRole = `default-roles-${this.realm}`;
    this.composites.set(this.defaultRole, { realm: ['offline_access', 'uma_authorization'], client: { account: ['manage-account', 'view-profile'] } });
    for (const role of definition.roles?.realm ?? []) {
      if (typeof role === 'object') this.composites.set(role.name, role.composites ?? {});
    }
    for (const client of [...(definition.clients ?? []), { clientId: 'account', bearerOnly: true }, { clientId: 'realm-management', bearerOnly: true }]) {
      this.addClient(client);
    }
    for (const user of definition.users ?? []) this.putUser(user.username, user);
  }

  addClient(definition) {
    const client = { enabled: true, id: stableId(this.realm, 'client', definition.clientId), ...definition };
    if (!client.publicClient && !client.bearerOnly) client.secret = this.secrets.of('clients', this.realm, client.clientId);
    this.clients.set(client.clientId, client);
    if (client.serviceAccountsEnabled) {
      this.putUser(`service-account-${client.clientId}`, { serviceAccountClientId: client.clientId, ...client.serviceAccount });
    }
  }

  putUser(username, changes) {
    const known = this.users.get(username);
    const user = known ?? {
      id: stableId(this.realm, 'user', username), username, enabled: true, acr: '1', amr: ['pwd'],
      attributes: {}, realmRoles: [], clientRoles: {}, groups: [], createdTimestamp: Date.now(),
    };
    Object.assign(user, changes, { username });
    if (!user.serviceAccountClientId) user.password ??= this.secrets.of('passwords', this.realm, username);
    this.users.set(username, user);
    return user;
  }

  removeUser(user) { this.users.delete(user.username); }

  findUser(nameOrId) { return this.users.get(nameOrId) ?? [...this.users.values()].find((user) => user.id === nameOrId); }

  findClientById(id) { return [...this.clients.values()].find((client) => client.id === id); }

  serviceAccountOf(clientId) { return this.users.get(`service-account-${clientId}`); }

  // Every role that the user holds now: his own, his groups' and their parents', and what composites contain.
  effectiveRoles(user) {
    const realm = new Set();
    const clients = new Map();
    const add = (realmRoles = [], clientRoles = {}) => {
      for (const [client, names] of Object.entries(clientRoles)) {
        if (!clients.has(client)) clients.set(client, new Set());
        for (const name of names) clients.get(client).add(name);
      }
      for (const name of realmRoles) {
        if (realm.has(name)) continue;
        realm.add(name);
        const parts = this.composites.get(name);
        if (parts) add(parts.realm, parts.client);
      }
    };
    add(user.realmRoles, user.clientRoles);
    if (!user.serviceAccountClientId) add([this.defaultRole]);
    for (const path of user.groups) {
      for (let at = path; at; at = at.slice(0, at.lastIndexOf('/'))) {
        const group = this.groups.get(at);
        if (group) add(group.realmRoles, group.clientRoles);
      }
    }
    return { realm: sorted(realm), clients: Object.fromEntries(sorted(clients.keys()).map((client) => [client, sorted(clients.get(client))])) };
  }
}
