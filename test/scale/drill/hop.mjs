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

  constructor(name, traffic, { ordered = false, ids = false } = {}) {
    this.name = name;
    this.traffic = traffic;
    this.#counts = new Uint8Array(traffic.total);
    if (ordered) this.#lastTurn = new Int16Array(traffic.conversations).fill(-1);
    if (ids) this.#ids = new Array(traffic.total);
  }

  /** @returns whether this is the first copy */
  add(conversation, turn, id) {
    const index = this.traffic.index(conversation, turn);
    if (this.#ids) {
      if (this.#ids[index] !== undefined && this.#ids[index] !== id) this.secondIds += 1;
      this.#ids[index] = id;
    }
    if (this.#counts[index] > 0) {
      this.copies += 1;
      return false;
    }
    this.#counts[index] = 1;
    this.seen += 1;
    if (this.#lastTurn) {
      if (turn < this.#lastTurn[conversation]) this.disordered.push(`${conversation}/${turn}`);
      else this.#lastTurn[conversation] = turn;
    }
    return true;
  }

  /** Adds every marker in the text. */
  addMarked(content, id) {
    for (const [, conversation, turn] of content.matchAll(/mark-(\d+)-(\d+)-/g))
      this.add(Number(conversation), Number(turn), id);
  }

  /** The first calls that this hop has not seen. */
  missing(limit = 20) {
    const missing = [];
    for (let index = 0; index < this.traffic.total && missing.length < limit; index++)
      if (this.#counts[index] === 0)
        missing.push(`${index % this.traffic.conversations}/${Math.floor(index / this.traffic.conversations)}`);
    return missing;
  }

  has(conversation, turn) {
    return this.#counts[this.traffic.index(conversation, turn)] > 0;
  }
}
