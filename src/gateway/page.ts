import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
};

/** Model output is shown on this page: nothing is loaded from elsewhere, and only its own scripts run. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const MISSING: Asset = {
  body: Buffer.from('<!doctype html><title>Spanport</title><p>The page is not part of this build. The API is at /api.'),
  type: 'text/html; charset=utf-8',
  etag: '"none"',
};

/** Views have ids in their addresses, and ids contain dots: only these paths are files, and missing if they are not known. */
function isFile(path: string): boolean {
  if (path.startsWith('/assets/') || path.startsWith('/docs/')) return true;
  return path.lastIndexOf('/') === 0 && types[extname(path)] !== undefined;
}

/** The page's files, read once into a fixed list: no path of a request ever reaches the file system. */
export class Page {
  readonly #assets = new Map<string, Asset>();

  constructor(folder: URL | undefined) {
    if (folder) this.#read(fileURLToPath(folder));
  }

  /** Any path that is not a file is a view of the page, which reads the address itself. */
  send(path: string, ifNoneMatch: string | undefined, isHead: boolean, response: ServerResponse): void {
    const asset =
      this.#assets.get(path) ??
      this.#assets.get(`${path.replace(/\/$/, '')}/index.html`) ??
      (isFile(path) ? undefined : (this.#assets.get('/index.html') ?? MISSING));
    if (!asset) {
      response
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
        .end('Not found');
      return;
    }
    const isHashed = path.startsWith('/assets/');
    const headers = {
      'content-type': asset.type,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: asset.etag,
    };
    if (ifNoneMatch === asset.etag) response.writeHead(304, headers).end();
    else
      response.writeHead(200, { ...headers, 'content-length': asset.body.length }).end(isHead ? undefined : asset.body);
  }

  #read(folder: string): void {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = types[extname(entry.name)];
      if (!entry.isFile() || !type) continue;
      const file = join(entry.parentPath, entry.name);
      const body = readFileSync(file);
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
      this.#assets.set(`/${relative(folder, file).split(sep).join('/')}`, { body, type, etag });
    }
  }
}
