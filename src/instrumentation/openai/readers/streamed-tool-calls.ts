import { jsonText } from '../../../interaction/json.ts';
import { type Capped, capText } from '../../capped.ts';
import { fieldOf } from './parameters.ts';
import { MAX_PLACES, placeOf } from './place.ts';

type Delta = Readonly<Record<string, unknown>>;

interface Call {
  id: string | undefined;
  readonly type: string;
  name: string;
  arguments: Capped;
}

/**
 * Collects the tool calls of a streamed answer. OpenAI numbers them by `index`. Other servers send parallel calls that
 * all have index 0 and different ids, send no index, repeat the name in every delta, or send the arguments as an
 * object.
 */
export class StreamedToolCalls {
  readonly #maxTextLength: number;
  /** In the order in which they began. */
  readonly #calls: Call[] = [];
  /** The newest call of each index. */
  readonly #byIndex: Call[] = [];

  constructor(maxTextLength: number) {
    this.#maxTextLength = maxTextLength;
  }

  add(delta: Delta): void {
    const { id: givenId, function: called, custom } = delta;
    const id = typeof givenId === 'string' && givenId !== '' ? givenId : undefined;
    const givenName = fieldOf(called ?? custom, 'name');
    const name = typeof givenName === 'string' && givenName !== '' ? givenName : undefined;
    const call = this.#callFor(delta, id, name);
    if (!call) return;
    call.id ??= id;
    // The last name replaces earlier ones, as in the SDK's own helper: servers repeat names but do not split them.
    if (name !== undefined) call.name = name;
    this.#addArguments(call, fieldOf(called, 'arguments') ?? fieldOf(custom, 'input'));
  }

  #addArguments(call: Call, piece: unknown): void {
    if (typeof piece === 'string') call.arguments.add(piece);
    else if (typeof piece === 'object' && piece !== null) {
      // An object is complete: it replaces what arrived before.
      call.arguments = capText(this.#maxTextLength);
      call.arguments.add(jsonText(piece));
    }
  }

  #callFor({ index, type }: Delta, id: string | undefined, name: string | undefined): Call | undefined {
    const hasIndex = index !== undefined && index !== null;
    const place = hasIndex ? placeOf(index) : undefined;
    if (hasIndex && place === undefined) return undefined;
    const known = place === undefined ? this.#withoutIndex(id, name) : this.#atIndex(place, id, name);
    if (known || this.#calls.length >= MAX_PLACES) return known;
    const call = {
      id,
      type: typeof type === 'string' ? type : 'function',
      name: '',
      arguments: capText(this.#maxTextLength),
    };
    this.#calls.push(call);
    if (place !== undefined) this.#byIndex[place] = call;
    return call;
  }

  /**
   * A different id at the same index is a new call only if it has a name, because some servers create an id for each
   * delta.
   */
  #atIndex(place: number, id: string | undefined, name: string | undefined): Call | undefined {
    const newest = this.#byIndex[place];
    if (!newest || id === undefined || newest.id === undefined || newest.id === id) return newest;
    return this.#withId(id) ?? (name === undefined ? newest : undefined);
  }

  #withoutIndex(id: string | undefined, name: string | undefined): Call | undefined {
    const newest = this.#calls.at(-1);
    if (id !== undefined) {
      const isUnnamed = newest?.id === undefined && name === undefined;
      return this.#withId(id) ?? (isUnnamed ? newest : undefined);
    }
    const isNext = name !== undefined && newest !== undefined && (newest.name !== name || isWhole(newest));
    return isNext ? undefined : newest;
  }

  #withId(id: string): Call | undefined {
    return this.#calls.findLast((call) => call.id === id);
  }

  get texts(): readonly Capped[] {
    return this.#calls.map((call) => call.arguments);
  }

  /** As `message.tool_calls` of a completion. */
  get wire(): readonly Delta[] {
    // If each call has its own index, the calls are in the order of their indexes, as in a completion.
    const byIndex = this.#byIndex.filter(Boolean);
    return (byIndex.length === this.#calls.length ? byIndex : this.#calls).map(
      ({ id, type, name, arguments: args }) => ({
        id,
        type,
        function: { name, arguments: args.text },
      }),
    );
  }
}

function isWhole({ arguments: { text } }: Call): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
