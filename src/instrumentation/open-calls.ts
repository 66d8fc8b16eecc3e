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
  readonly #byKey = new Map<string, Set<IndexedCall>>();
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
      for (const key of call.keys) {
        const others = this.#byKey.get(key);
        if (others) others.add(call);
        else this.#byKey.set(key, new Set([call]));
      }
    }
  }

  remove(turn: Turn): void {
    for (const call of this.#byTurn.get(turn) ?? []) this.#remove(call);
    this.#byTurn.delete(turn);
  }

  /** The first match of each turn, oldest turn first. The arguments are the function's first one, or all of them. */
  withArguments(name: string, args: readonly unknown[]): readonly Claim[] {
    const first = this.#open(argumentsKey(name, args[0]));
    return firstOfEachTurn(args.length > 1 ? [...first, ...this.#open(argumentsKey(name, args))] : first);
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

  #remove(call: IndexedCall): void {
    for (const key of call.keys) {
      const calls = this.#byKey.get(key);
      calls?.delete(call);
      if (calls?.size === 0) this.#byKey.delete(key);
    }
  }
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
