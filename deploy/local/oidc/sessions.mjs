// Keycloak's user sessions: one sid for a person's sign-in, shared by every client that takes part in it.
import { randomBytes } from 'node:crypto';

export class Sessions {
  #bySid = new Map();

  open(sub, providerSession) {
    // 24 characters of base64 since Keycloak 26.5; no UUID.
    const session = {
      sid: randomBytes(18).toString('base64'), sub, authTime: Math.floor(Date.now() / 1000), clients: new Set(), grants: new Set(), providerSession,
    };
    this.#bySid.set(session.sid, session);
    return session;
  }

  ofProvider(sub, uid) { return [...this.#bySid.values()].find((session) => session.providerSession === uid && session.sub === sub) ?? this.open(sub, uid); }

  ofGrant(grantId) { return [...this.#bySid.values()].find((session) => session.grants.has(grantId)); }

  find(sid) { return this.#bySid.get(sid); }

  of(sub) { return [...this.#bySid.values()].filter((session) => session.sub === sub); }

  close(session) { this.#bySid.delete(session.sid); }
}
