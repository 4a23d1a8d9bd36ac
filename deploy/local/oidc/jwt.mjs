// RS256, for what the provider does not sign or check itself: logout tokens and the Admin API's bearer.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url'));

export const newKey = (use, alg) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...jwk, use, alg, kid: createHash('sha256').update(jwk.n).digest('base64url') };
};

export const signed = (key, typ, payload) => {
  const text = `${encode({ alg: 'RS256', typ, kid: key.kid })}.${encode(payload)}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), createPrivateKey({ key, format: 'jwk' })).toString('base64url')}`;
};

// The payload of a token that one of these keys signed and that has not expired; else undefined.
export const verified = (keys, token) => {
  try {
    const [header, payload, signature] = token.split('.');
    const key = keys.find((candidate) => candidate.kid === decode(header).kid);
    if (!key || decode(header).alg !== 'RS256') return undefined;
    const publicKey = createPublicKey({ key, format: 'jwk' });
    if (!verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))) return undefined;
    const claims = decode(payload);
    return claims.exp > Date.now() / 1000 ? claims : undefined;
  } catch {
    return undefined;
  }
};
