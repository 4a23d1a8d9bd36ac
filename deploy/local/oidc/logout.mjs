// OpenID Connect Back-Channel Logout 1.0, as Keycloak sends it: a form with a signed token, to the client's own address.
import { randomUUID } from 'node:crypto';
import { signed } from './jwt.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export const logOutToken = async (realm, client, sub, sid) => {
  const now = Math.floor(Date.now() / 1000);
  const token = signed(realm.keys[0], 'logout+jwt', {
    iss: realm.issuer, aud: client.clientId, sub, iat: now, exp: now + 120, jti: randomUUID(), typ: 'Logout', events: { [EVENT]: {} },
    ...(sid && (client.backchannelLogoutSessionRequired ?? true) ? { sid } : {}),
  });
  const told = { client: client.clientId, uri: client.backchannelLogoutUri, sid };
  try {
    const response = await fetch(client.backchannelLogoutUri, {
      method: 'POST', redirect: 'manual', body: new URLSearchParams({ logout_token: token }), signal: AbortSignal.timeout(5000),
    });
    return { ...told, status: response.status };
  } catch (error) {
    return { ...told, error: error.cause?.code ?? error.name };
  }
};
