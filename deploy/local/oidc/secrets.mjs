// Passwords and client secrets: random, one file each (mode 600), kept over restarts of the same state.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

export class Secrets {
  constructor(folder) {
    this.folder = folder;
    this.cookie = this.of('.', 'cookie-secret');
    this.control = this.of('.', 'control-secret');
  }

  of(...path) {
    const file = join(this.folder, ...path);
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    const secret = randomBytes(24).toString('base64url');
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    return secret;
  }
}
