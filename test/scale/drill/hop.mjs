/** What one hop has seen of the traffic: copies of each call, and whether the turns of a conversation came in order. */
export class Hop {
  seen = 0;
  copies = 0;
  /** Calls that came after a later turn of their conversation. */
  disordered = [];
  /** Calls that came under more than one id. */
  secondIds = 0;
  #counts;
  #lastTurn;
  #ids;
  #times;
  #offsets;

  constructor(name, traffic, { ordered = false, ids = false, places = false } = {}) {
    this.name = name;
    this.traffic = traffic;
    this.#counts = new Uint8Array(traffic.planned);
    if (ordered) this.#lastTurn = new Int16Array(traffic.conversations).fill(-1);
    // Hashes: a million ids as text would keep the million requests in memory that they are parts of.
    if (ids) this.#ids = new Float64Array(traffic.planned);
    if (places) {
      this.#times = new Float64Array(traffic.planned);
      this.#offsets = new Float64Array(traffic.planned);
    }
  }

  /** @param place when it came, and its offset, for a hop with places. @returns whether this is the first copy */
  add(conversation, turn, { id, place } = {}) {
    const index = this.traffic.index(conversation, turn);
    if (this.#ids) {
      const hash = hashOf(id ?? '');
      if (this.#counts[index] > 0 && this.#ids[index] !== hash) this.secondIds += 1;
      this.#ids[index] = hash;
    }
    if (this.#counts[index] > 0) {
      this.copies += 1;
      return false;
    }
    this.#counts[index] = 1;
    this.seen += 1;
    if (this.#times) [this.#times[index], this.#offsets[index]] = [place.at, place.offset];
    if (this.#lastTurn) {
      if (turn < this.#lastTurn[conversation]) this.disordered.push({ conversation, turn });
      else this.#lastTurn[conversation] = turn;
    }
    return true;
  }

  /** Adds every marker in the text. */
  addMarked(content, place) {
    for (const [, conversation, turn] of content.matchAll(/mark-(\d+)-(\d+)-/g))
      this.add(Number(conversation), Number(turn), { place });
  }

  /** The first calls that this hop has not seen, of those that were sent. */
  missing(limit = 20) {
    const missing = [];
    for (const [conversation, turn] of this.traffic.calls()) {
      if (!this.has(conversation, turn)) missing.push(`${conversation}/${turn}`);
      if (missing.length >= limit) break;
    }
    return missing;
  }

  has(conversation, turn) {
    return this.#counts[this.traffic.index(conversation, turn)] > 0;
  }

  /** When the first copy came, and its offset; undefined when none did. */
  placeOf(conversation, turn) {
    const index = this.traffic.index(conversation, turn);
    return this.#counts[index] > 0 ? { at: this.#times[index], offset: this.#offsets[index] } : undefined;
  }
}

/** 53 bits (cyrb53). */
function hashOf(text) {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
