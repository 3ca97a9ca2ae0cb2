// SPDX-License-Identifier: MIT
// A certificate for localhost, made by openssl for one test, and how clients are told to trust it.

import { execFile } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export class Certificate {
  #text;

  static async make(folder) {
    const made = new Certificate();
    made.file = join(folder, 'certificate.pem');
    made.keyFile = join(folder, 'key.pem');
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
      'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext',
      'subjectAltName=DNS:localhost', '-keyout', made.keyFile, '-out', made.file]);
    made.#text = await readFile(made.file, 'utf8');
    return made;
  }

  // For Node's clients: the only authority they believe.
  get authority() {
    return this.#text;
  }

  // For Chromium: the SHA-256 of the public key that it is to believe.
  get keyHash() {
    const key = new X509Certificate(this.#text).publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(key).digest('base64');
  }

  get settings() {
    return ['--security.tls_certificate', this.file, '--security.tls_key', this.keyFile];
  }
}
