// The part of Keycloak's Admin REST API that tells who a user is now: /admin/realms/{realm}/users/… and /clients.
import { stableId } from './directory.mjs';
import { verified } from './jwt.mjs';

const userView = (user) => ({
  id: user.id, username: user.username, ...(user.firstName ? { firstName: user.firstName, lastName: user.lastName } : {}),
  ...(user.email ? { email: user.email } : {}), emailVerified: Boolean(user.email),
  attributes: Object.fromEntries(Object.entries(user.attributes).map(([name, value]) => [name, [value].flat()])),
  createdTimestamp: user.createdTimestamp, enabled: user.enabled, totp: false, disableableCredentialTypes: [], requiredActions: [], notBefore: 0,
  ...(user.serviceAccountClientId ? { serviceAccountClientId: user.serviceAccountClientId } : {}),
  access: { manageGroupMembership: false, resolveGroups: true, view: true, mapRoles: false, impersonate: false, manage: false },
});

const groupView = (realm, path) => ({
  id: stableId(realm, 'group', path), name: path.slice(path.lastIndexOf('/') + 1), path,
  ...(path.lastIndexOf('/') > 0 ? { parentId: stableId(realm, 'group', path.slice(0, path.lastIndexOf('/'))) } : {}), subGroups: [],
});

const roleView = (directory, name, container, clientRole) => ({
  id: stableId(directory.realm, 'role', container, name), name, composite: !clientRole && directory.composites.has(name), clientRole, containerId: container,
});

const clientView = (client) => ({
  id: client.id, clientId: client.clientId, enabled: client.enabled, protocol: 'openid-connect', bearerOnly: client.bearerOnly ?? false,
  publicClient: client.publicClient ?? false, standardFlowEnabled: client.standardFlowEnabled ?? false,
  directAccessGrantsEnabled: client.directAccessGrantsEnabled ?? false, serviceAccountsEnabled: client.serviceAccountsEnabled ?? false,
  redirectUris: client.redirectUris ?? [], webOrigins: [],
});

const failed = (status, error) => ({ status, body: { error } });
const found = (body) => ({ status: 200, body });
const page = (rows, query) => {
  const first = Number(query.get('first') ?? 0);
  return rows.slice(first, first + Number(query.get('max') ?? rows.length));
};

export const answerAdmin = (realm, path, query, request) => {
  if (request.method !== 'GET') return failed(405, 'HTTP 405 Method Not Allowed');
  const token = verified(realm.keys, (request.headers.authorization ?? '').replace(/^Bearer /, ''));
  if (token?.iss !== realm.issuer || token.typ !== 'Bearer') return failed(401, 'HTTP 401 Unauthorized');
  const held = token.resource_access?.['realm-management']?.roles ?? [];
  const may = (...roles) => roles.some((role) => held.includes(role));
  const [kind, id, ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent);

  if (kind === 'clients' && !id) {
    // Keycloak answers with what the caller may see: nobody without a role, and then an empty list.
    if (!may('view-clients', 'manage-clients', 'query-clients')) return failed(403, 'HTTP 403 Forbidden');
    const wanted = query.get('clientId');
    const clients = [...realm.directory.clients.values()].filter((client) => !wanted || client.clientId === wanted);
    return found(may('view-clients', 'manage-clients') ? page(clients, query).map(clientView) : []);
  }

  if (kind !== 'users' || !id) return failed(404, 'HTTP 404 Not Found');
  if (!may('view-users', 'manage-users')) return failed(403, 'HTTP 403 Forbidden');
  const user = [...realm.directory.users.values()].find((candidate) => candidate.id === id);
  return user ? answerUser(realm.directory, user, rest.join('/'), query) : failed(404, 'User not found');
};

const answerUser = (directory, user, asked, query) => {
  const roles = directory.effectiveRoles(user);
  const container = stableId(directory.realm, 'realm');
  if (asked === '') return found(userView(user));
  if (asked === 'groups') return found(page([...user.groups], query).map((group) => groupView(directory.realm, group)));
  if (asked === 'role-mappings/realm/composite') return found(roles.realm.map((name) => roleView(directory, name, container, false)));
  const [, clientId] = /^role-mappings\/clients\/([^/]+)\/composite$/.exec(asked) ?? [];
  if (!clientId) return failed(404, 'HTTP 404 Not Found');
  const client = directory.findClientById(clientId);
  return client ? found((roles.clients[client.clientId] ?? []).map((name) => roleView(directory, name, client.id, true))) : failed(404, 'Client not found');
};
