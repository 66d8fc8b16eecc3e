import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { propagation, type TracerProvider } from '@opentelemetry/api';
import { AsyncContextManager } from '../instrumentation/context-manager.ts';

/** Where every copy of the API, of whatever 1.x version and module format, stores what was registered. */
const SLOT: unique symbol = Symbol.for('opentelemetry.js.api.1');

/** A copy of the API reads the slot only if the slot's minor version is not below its own. */
const READ_BY_ALL = '1.9999.0';

interface Slot {
  version: string;
  trace?: TracerProvider;
  context?: unknown;
  [api: string]: unknown;
}

/**
 * Puts a provider into the process-wide slot for readers only. A copy of the API that registers a provider finds the slot
 * empty, so that its registration succeeds and wins, as if this one had never been there.
 * @param onRegistered called with what the application registers, which is the registering copy's proxy
 * @returns releases the slot; undefined where the slot is not free
 */
export function leaseSlot(
  provider: TracerProvider,
  onRegistered: (registered: TracerProvider) => void,
): (() => void) | undefined {
  const property = Object.getOwnPropertyDescriptor(globalThis, SLOT);
  const existing = property?.value as Slot | undefined;
  // An accessor is the lease of another copy of this package.
  if (property && (!property.configurable || property.get || existing?.trace)) return undefined;
  const lease = new Lease(provider, onRegistered, existing);
  return () => lease.release();
}

class Lease {
  readonly #provider: TracerProvider;
  readonly #onRegistered: (registered: TracerProvider) => void;
  readonly #slot: Slot;
  /** Of what is registered, or of our own copy of the API. */
  #version: string;
  #trace: TracerProvider | undefined;
  #context: unknown;
  /**
   * A registration begins by assigning the slot to itself, and reading does not assign: it is under way from the
   * assignment to the next read of the slot.
   */
  #isRegistering = false;

  constructor(provider: TracerProvider, onRegistered: (registered: TracerProvider) => void, existing?: Slot) {
    this.#provider = provider;
    this.#onRegistered = onRegistered;
    this.#version = existing?.version ?? ownApiVersion();
    this.#context = existing?.context;
    const shown = { configurable: true, enumerable: true };
    this.#slot = Object.defineProperties({ ...existing } as Slot, {
      version: { ...shown, get: () => (this.#isRegistering ? this.#versionForCaller() : READ_BY_ALL) },
      trace: {
        ...shown,
        get: () => this.#trace ?? (this.#isRegistering ? undefined : this.#provider),
        set: (registered: TracerProvider) => this.#registerTrace(registered),
      },
      context: {
        ...shown,
        get: () => (this.#isRegistering && this.#isContextOurs ? undefined : this.#context),
        set: (registered: unknown) => this.#registerContext(registered),
      },
    });
    define({ get: () => this.#read(), set: (value: unknown) => this.#assign(value) });
  }

  /** Leaves in the slot what was registered. */
  release(): void {
    if (Object.getOwnPropertyDescriptor(globalThis, SLOT)?.get === undefined) return;
    delete (globalThis as { [SLOT]?: unknown })[SLOT];
    const left: Slot = { version: this.#version, ...this.#others() };
    if (this.#trace) left.trace = this.#trace;
    if (this.#context !== undefined) left.context = this.#context;
    if (Object.keys(left).length > 1) define({ value: left, writable: true });
  }

  #read(): Slot {
    this.#isRegistering = false;
    return this.#slot;
  }

  #assign(value: unknown): void {
    this.#isRegistering = value === this.#slot;
    if (value !== this.#slot) define({ value, writable: true });
  }

  #registerTrace(registered: TracerProvider): void {
    this.#trace = registered;
    this.#onRegistered(registered);
    this.#releaseWhenDone();
  }

  #registerContext(registered: unknown): void {
    this.#context = registered;
    this.#releaseWhenDone();
  }

  /** Our context manager gives way to the application's, too, which usually registers it after its provider. */
  #releaseWhenDone(): void {
    if (this.#trace && !this.#isContextOurs) this.release();
  }

  get #isContextOurs(): boolean {
    return this.#context instanceof AsyncContextManager;
  }

  /** What is registered decides on the version. A logger alone does not, because it may always be replaced. */
  #versionForCaller(): string {
    const { diag: _, ...others } = this.#others();
    const isContextTheirs = this.#context !== undefined && !this.#isContextOurs;
    const isDecided = this.#trace !== undefined || isContextTheirs || Object.keys(others).length > 0;
    if (!isDecided) this.#version = versionOfCaller() ?? this.#version;
    return this.#version;
  }

  #others(): Record<string, unknown> {
    const names = Object.keys(this.#slot).filter((name) => !['version', 'trace', 'context'].includes(name));
    return Object.fromEntries(names.map((name) => [name, this.#slot[name]]));
  }
}

function define(descriptor: PropertyDescriptor): void {
  Object.defineProperty(globalThis, SLOT, { configurable: true, enumerable: true, ...descriptor });
}

/** The version of our copy of the API, which only says so to the slot. Nothing may be registered yet. */
function ownApiVersion(): string {
  propagation.setGlobalPropagator({ inject: () => {}, extract: (context) => context, fields: () => [] });
  const { version } = (globalThis as unknown as { readonly [SLOT]: Slot })[SLOT];
  propagation.disable();
  delete (globalThis as { [SLOT]?: Slot })[SLOT];
  return version;
}

/** The version of the copy of the API that is calling. Undefined for one that is part of a bundle. */
function versionOfCaller(): string | undefined {
  for (const file of callingFiles()) {
    const folder = /^.*[\\/]@opentelemetry[\\/]api[\\/]/.exec(file)?.[0];
    if (!folder) continue;
    try {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function callingFiles(): string[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 10;
    Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName() ?? '');
    const files = new Error('for its stack').stack as unknown as string[];
    return files.map((file) => (file.startsWith('file:') ? fileURLToPath(file) : file));
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}
