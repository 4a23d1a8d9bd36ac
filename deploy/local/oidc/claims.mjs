// What Keycloak 26 puts into tokens with its default client scopes, a group mapper with full paths, an amr mapper and one mapper for
// each user attribute.

// Keycloak: the clients that the mappers name, and those whose roles the user holds; never the requesting client for its own sake.
export const audiences = (directory, client, user) => {
  const held = user ? Object.keys(directory.effectiveRoles(user).clients) : [];
  const all = [...new Set([...(client.audiences ?? []), ...held.filter((name) => name !== client.clientId)])];
  return all.length > 1 ? all : all[0];
};

const roles = (directory, user) => {
  const effective = directory.effectiveRoles(user);
  return {
    ...(effective.realm.length ? { realm_access: { roles: effective.realm } } : {}),
    ...(Object.keys(effective.clients).length
      ? { resource_access: Object.fromEntries(Object.entries(effective.clients).map(([client, names]) => [client, { roles: names }])) } : {}),
  };
};

export const profile = (user) => ({
  preferred_username: user.username,
  ...(user.firstName ? { name: `${user.firstName} ${user.lastName}`, given_name: user.firstName, family_name: user.lastName } : {}),
  ...(user.email ? { email: user.email, email_verified: true } : {}),
  ...(user.groups.length ? { groups: user.groups } : {}),
  ...user.attributes,
});

export const personToken = (directory, clientId, user, session) => ({
  auth_time: session.authTime, typ: 'Bearer', azp: clientId, sid: session.sid, acr: user.acr, amr: user.amr,
  'allowed-origins': ['http://127.0.0.1'], ...roles(directory, user), ...profile(user),
});

export const serviceToken = (directory, clientId, user) => ({
  typ: 'Bearer', azp: clientId, acr: '1', ...roles(directory, user), preferred_username: user.username, email_verified: false,
  clientHost: '127.0.0.1', clientAddress: '127.0.0.1', client_id: clientId,
});
