// One realm: its keys, its sign-ins, and the OpenID provider that answers under /realms/NAME.
import { interactionPolicy, Provider } from 'oidc-provider';
import { audiences, personToken, profile, serviceToken } from './claims.mjs';
import { newKey } from './jwt.mjs';
import { logOutToken } from './logout.mjs';
import { passwordGrant, RESOURCE, SCOPES } from './password-grant.mjs';
import { Sessions } from './sessions.mjs';
import { storageOf } from './storage.mjs';

export const BASE = '/protocol/openid-connect';

const metadata = (client) => ({
  client_id: client.clientId,
  ...(client.publicClient ? { token_endpoint_auth_method: 'none' } : { client_secret: client.secret }),
  grant_types: [
    ...(client.standardFlowEnabled ? ['authorization_code'] : []),
    ...(client.directAccessGrantsEnabled ? ['password'] : []),
    ...(client.standardFlowEnabled || client.directAccessGrantsEnabled ? ['refresh_token'] : []),
    ...(client.serviceAccountsEnabled ? ['client_credentials'] : []),
  ],
  response_types: client.standardFlowEnabled ? ['code'] : [],
  redirect_uris: client.redirectUris ?? [],
  // Native: a loopback redirect may be on any port.
  application_type: 'native',
  ...(client.backchannelLogoutUri
    ? { backchannel_logout_uri: client.backchannelLogoutUri, backchannel_logout_session_required: client.backchannelLogoutSessionRequired ?? true } : {}),
});

// No page of consent: the clients are the organisation's own.
const signInOnly = () => {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  return policy;
};

export class Realm {
  #storage = storageOf();

  constructor(origin, directory) {
    this.directory = directory;
    this.path = `/realms/${directory.realm}`;
    this.issuer = origin + this.path;
    this.sessions = new Sessions();
    this.keys = [newKey('sig', 'RS256')];
    this.encryptionKey = newKey('enc', 'RSA-OAEP');
    this.rebuild();
  }

  rotate(drop) {
    this.keys = [newKey('sig', 'RS256'), ...(drop ? [] : this.keys)];
    this.rebuild();
    return this.keys.map((key) => key.kid);
  }

  // As Keycloak: a key for encryption stands beside those for signatures, which the provider would not publish.
  certificates() {
    return { keys: [...this.keys, this.encryptionKey].map(({ kid, kty, alg, use, n, e }) => ({ kid, kty, alg, use, n, e })) };
  }

  // A disabled user has no account: whatever asks for him gets invalid_grant.
  account(sub, clientId) {
    const user = this.directory.findUser(sub);
    if (!user?.enabled || user.id !== sub) return undefined;
    return { accountId: sub, claims: (use) => ({ sub, ...profile(user), ...(use === 'id_token' ? { typ: 'ID', azp: clientId } : {}) }) };
  }

  // Tells every client that took part in the session and forgets it: its refresh tokens end with it.
  async logOut(session, withoutSid = false) {
    this.sessions.close(session);
    for (const grant of session.grants) await this.#revoke(grant);
    if (session.providerSession) await (await this.provider.Session.findByUid(session.providerSession))?.destroy();
    const told = [...session.clients].map((id) => this.directory.clients.get(id)).filter((client) => client?.backchannelLogoutUri);
    return Promise.all(told.map((client) => logOutToken(this, client, session.sub, withoutSid ? undefined : session.sid)));
  }

  async #revoke(grant) {
    for (const kind of ['AuthorizationCode', 'RefreshToken']) await new this.Storage(kind).revokeByGrantId(grant);
    await new this.Storage('Grant').destroy(grant);
  }

  async grantFor(provider, session, clientId) {
    const grant = new provider.Grant({ accountId: session.sub, clientId });
    grant.addOIDCScope(SCOPES);
    grant.addResourceScope(RESOURCE, SCOPES);
    await grant.save();
    session.grants.add(grant.jti);
    session.clients.add(clientId);
    return grant;
  }

  tokenClaims(token) {
    const user = token.accountId ? this.directory.findUser(token.accountId) : this.directory.serviceAccountOf(token.clientId);
    if (!token.accountId) return serviceToken(this.directory, token.clientId, user);
    return personToken(this.directory, token.clientId, user, this.sessions.ofGrant(token.grantId));
  }

  shape(token, jwt) {
    const user = token.accountId ? this.directory.findUser(token.accountId) : this.directory.serviceAccountOf(token.clientId);
    jwt.header = { ...jwt.header, typ: 'JWT' };
    if (token.accountId) delete jwt.payload.client_id;
    jwt.payload.sub = user.id;
    jwt.payload.aud = audiences(this.directory, this.directory.clients.get(token.clientId), user) ?? 'account';
  }

  rebuild() {
    const name = this.directory.realm;
    const attributes = new Set([...this.directory.users.values()].flatMap((user) => Object.keys(user.attributes)));
    this.Storage = this.#storage;
    const provider = new Provider(this.issuer, {
      adapter: this.Storage,
      jwks: { keys: this.keys },
      clients: [...this.directory.clients.values()].filter((client) => client.enabled && !client.bearerOnly).map(metadata),
      cookies: {
        keys: [this.directory.secrets.cookie],
        // Realms share a host, so each has cookies of its own.
        names: { session: `session_${name}`, interaction: `interaction_${name}`, resume: `resume_${name}` },
      },
      pkce: { required: () => true },
      conformIdTokenClaims: false,
      routes: {
        authorization: `${BASE}/auth`, token: `${BASE}/token`, jwks: `${BASE}/certs`, userinfo: `${BASE}/userinfo`,
        end_session: `${BASE}/logout`, revocation: `${BASE}/revoke`,
      },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        revocation: { enabled: true },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => RESOURCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => this.resourceServer(),
        },
      },
      issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
      scopes: SCOPES.split(' '),
      claims: {
        openid: ['sub', 'sid', 'typ', 'azp', 'acr', 'amr', 'auth_time', ...attributes],
        profile: ['preferred_username', 'name', 'given_name', 'family_name', 'groups'],
        email: ['email', 'email_verified'],
      },
      interactions: { policy: signInOnly(), url: (_, interaction) => `${this.path}/login/${interaction.uid}` },
      findAccount: (context, sub) => this.account(sub, context.oidc.client?.clientId),
      loadExistingGrant: (context) => {
        const { session, client } = context.oidc;
        const opened = this.sessions.ofProvider(session.accountId, session.uid);
        session.sidFor(client.clientId, opened.sid);
        return this.grantFor(context.oidc.provider, opened, client.clientId);
      },
      extraTokenClaims: (_, token) => this.tokenClaims(token),
      formats: { customizers: { jwt: (_, token, jwt) => this.shape(token, jwt) } },
      ttl: {
        Session: 36000, Grant: 36000, Interaction: 600, AuthorizationCode: 60, IdToken: this.directory.accessTokenLifespan,
        AccessToken: this.directory.accessTokenLifespan, ClientCredentials: this.directory.accessTokenLifespan, RefreshToken: 1800,
      },
    });
    // Keycloak tells every client the sid.
    provider.Client.prototype.includeSid = () => true;
    provider.registerGrantType('password', passwordGrant(this), ['username', 'password', 'scope']);
    provider.on('server_error', (_, error) => console.error(error));
    this.provider = provider;
    this.callback = provider.callback();
  }

  resourceServer() {
    return {
      scope: SCOPES, audience: 'relay', accessTokenFormat: 'jwt', accessTokenTTL: this.directory.accessTokenLifespan, jwt: { sign: { alg: 'RS256' } },
    };
  }
}
