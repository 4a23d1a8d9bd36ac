// Keycloak's direct access grant: user name and password at the token endpoint. The provider leaves it out for good reasons; here it
// stands in for a browser, and a sign-in by it is a session like any other.
import { timingSafeEqual } from 'node:crypto';
import { errors } from 'oidc-provider';

export const RESOURCE = 'urn:relay';
export const SCOPES = 'openid profile email offline_access';

const same = (left, right) => left.length === right.length && timingSafeEqual(left, right);

const refuse = (description, status) => Object.assign(new errors.InvalidGrant(description), { error_description: description, status, statusCode: status });

const authenticate = (realm, { username, password }) => {
  const user = realm.directory.users.get(username);
  if (!user?.password || !password || !same(Buffer.from(user.password), Buffer.from(password))) throw refuse('Invalid user credentials', 401);
  if (!user.enabled) throw refuse('Account disabled', 400);
  return user;
};

export const passwordGrant = (realm) => async (context) => {
  const { client, params, provider } = context.oidc;
  const user = authenticate(realm, params);
  context.oidc.entity('Account', realm.account(user.id, client.clientId));
  const session = realm.sessions.open(user.id);
  const grant = await realm.grantFor(provider, session, client.clientId);
  context.oidc.entity('Grant', grant);
  const scope = SCOPES.split(' ').filter((each) => ['profile', 'email', ...(params.scope ?? '').split(' ')].includes(each)).join(' ');
  const common = { accountId: user.id, client, grantId: grant.jti, gty: 'password', scope };

  const access = new provider.AccessToken({ ...common, sid: session.sid });
  access.resourceServer = new provider.ResourceServer(RESOURCE, realm.resourceServer());
  const refresh = new provider.RefreshToken({
    ...common, acr: user.acr, amr: user.amr, authTime: session.authTime, resource: RESOURCE, rotations: 0, sid: session.sid,
  });
  context.body = {
    access_token: await access.save(),
    expires_in: access.expiration,
    refresh_token: await refresh.save(),
    token_type: access.tokenType,
    ...(scope.includes('openid') ? { id_token: await idToken(context, user, session, scope) } : {}),
    session_state: session.sid,
    scope,
  };
};

const idToken = (context, user, session, scope) => {
  const { provider } = context.oidc;
  const token = new provider.IdToken(
    { sub: user.id, ...context.oidc.account.claims('id_token'), acr: user.acr, amr: user.amr, auth_time: session.authTime }, { ctx: context });
  token.scope = scope;
  token.set('sid', session.sid);
  return token.issue({ use: 'idtoken' });
};
