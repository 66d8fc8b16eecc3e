import { canonical } from '../interaction/message-text.ts';
import { digest } from './tool-history.ts';
import type { Claim, OpenCall, Turn } from './tool-turn.ts';

interface IndexedCall {
  readonly claim: Claim;
  /** The calls are numbered from the oldest to the newest. */
  readonly number: number;
  readonly keys: readonly string[];
}

/** Finds open calls by their function and arguments, or by their id, without reading the other calls. */
export class OpenCalls {
  readonly #byName: Index = new Map();
  readonly #byKey: Index = new Map();
  readonly #byTurn = new WeakMap<Turn, readonly IndexedCall[]>();
  #count = 0;

  add(turn: Turn): void {
    const calls = turn.calls.map((call): IndexedCall => {
      const { id, name } = call;
      const keys = [argumentsKey(name, call.arguments), ...(id === undefined ? [] : [idKey(id, name)])];
      return { claim: { call, turn }, number: this.#count++, keys };
    });
    this.#byTurn.set(turn, calls);
    for (const call of calls) {
      addTo(this.#byName, call.claim.call.name, call);
      for (const key of call.keys) addTo(this.#byKey, key, call);
    }
  }

  remove(turn: Turn): void {
    for (const call of this.#byTurn.get(turn) ?? []) this.#remove(call);
    this.#byTurn.delete(turn);
  }

  /**
   * The first match of each turn, oldest turn first. The arguments are the function's first one, or all of them if no
   * call has the first one. They are written as text, so none is read for a function without an open call: the second one
   * is often the application's context or its database client.
   */
  withArguments(name: string, args: readonly unknown[]): readonly Claim[] {
    if (!this.#hasOpen(name)) return [];
    const first = this.#open(argumentsKey(name, args[0]));
    return firstOfEachTurn(first.length > 0 || args.length < 2 ? first : this.#open(argumentsKey(name, args)));
  }

  /** The first match of each turn, oldest turn first. */
  withId(id: string, name: string): readonly Claim[] {
    return firstOfEachTurn(this.#open(idKey(id, name)));
  }

  /** A call that was claimed or answered is never open again, so it is removed when it is seen. */
  #open(key: string): readonly IndexedCall[] {
    const open: IndexedCall[] = [];
    for (const call of this.#byKey.get(key) ?? []) {
      if (isOpen(call.claim.call)) open.push(call);
      else this.#remove(call);
    }
    return open;
  }

  #hasOpen(name: string): boolean {
    for (const call of this.#byName.get(name) ?? []) {
      if (isOpen(call.claim.call)) return true;
      this.#remove(call);
    }
    return false;
  }

  #remove(call: IndexedCall): void {
    removeFrom(this.#byName, call.claim.call.name, call);
    for (const key of call.keys) removeFrom(this.#byKey, key, call);
  }
}

type Index = Map<string, Set<IndexedCall>>;

function addTo(index: Index, key: string, call: IndexedCall): void {
  const others = index.get(key);
  if (others) others.add(call);
  else index.set(key, new Set([call]));
}

function removeFrom(index: Index, key: string, call: IndexedCall): void {
  const calls = index.get(key);
  calls?.delete(call);
  if (calls?.size === 0) index.delete(key);
}

export function isOpen(call: OpenCall): boolean {
  return !call.isClaimed && !call.isAnswered;
}

function firstOfEachTurn(calls: readonly IndexedCall[]): readonly Claim[] {
  const claims = new Map<Turn, Claim>();
  for (const { claim } of calls.toSorted((a, b) => a.number - b.number)) {
    if (!claims.has(claim.turn)) claims.set(claim.turn, claim);
  }
  return [...claims.values()];
}

function argumentsKey(name: string, args: unknown): string {
  return `${digest(canonical(args))} ${name}`;
}

function idKey(id: string, name: string): string {
  return JSON.stringify([id, name]);
}
