// The provider's storage: in memory, and one for a realm, so that a provider with new keys goes on with the sessions of the old one.
export const storageOf = (map = new Map()) => {
  const live = (entry) => entry && (!entry.until || entry.until > Date.now());
  return class Storage {
    constructor(kind) { this.kind = kind; }

    #key(id) { return `${this.kind}:${id}`; }

    async upsert(id, payload, seconds) { map.set(this.#key(id), { kind: this.kind, payload, until: seconds ? Date.now() + seconds * 1000 : 0 }); }

    async find(id) { const entry = map.get(this.#key(id)); return live(entry) ? entry.payload : undefined; }

    async findByUid(uid) { return this.#one((payload) => payload.uid === uid); }

    async findByUserCode(code) { return this.#one((payload) => payload.userCode === code); }

    async destroy(id) { map.delete(this.#key(id)); }

    async consume(id) { const entry = map.get(this.#key(id)); if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000); }

    async revokeByGrantId(grantId) { for (const [key, entry] of map) if (entry.payload.grantId === grantId) map.delete(key); }

    #one(matches) {
      for (const entry of map.values()) if (entry.kind === this.kind && live(entry) && matches(entry.payload)) return entry.payload;
      return undefined;
    }
  };
};
