import { setTimeout as sleep } from 'node:timers/promises';

const HEX = '0123456789abcdef';

/**
 * Conversations of `turns` calls each, as spans. A call is known at every hop by a marker in its answer,
 * `mark-<conversation>-<turn>-`, and its trace and span id are made from the same two numbers.
 */
export class Traffic {
  /** How often the agent acknowledged each call: once, unless an answer was lost. */
  acknowledged = 0;
  /** Conversations of the cohorts that were begun: all of their turns are sent. */
  begun = 0;
  hasEndedEarly = false;
  #base = BigInt(Date.now()) * 1_000_000n;

  /** @param cohorts how many conversations run at the same time, one cohort after the other */
  constructor({ cohorts, turns, batch, ratePerSecond }) {
    const conversations = cohorts.reduce((sum, size) => sum + size, 0);
    Object.assign(this, { cohorts, conversations, turns, batch, ratePerSecond });
    this.planned = conversations * turns;
  }

  /** How many calls are sent: fewer than planned after an early end. */
  get total() {
    return this.begun * this.turns;
  }

  /** Ends after the cohort that is under way. */
  endEarly() {
    this.hasEndedEarly = true;
  }

  /** Conversation and turn of everything that is sent. */
  *calls() {
    for (let conversation = 0; conversation < this.begun; conversation++)
      for (let turn = 0; turn < this.turns; turn++) yield [conversation, turn];
  }

  index(conversation, turn) {
    return turn * this.conversations + conversation;
  }

  /** Sends each turn of a cohort before its next turn, and repeats each batch until it is acknowledged. */
  async send(url, signal, cohortEnded) {
    const began = performance.now();
    let start = 0;
    for (const size of this.cohorts) {
      if (this.hasEndedEarly) return;
      this.begun += size;
      for (let turn = 0; turn < this.turns; turn++)
        for (let first = start; first < start + size; first += this.batch) {
          await this.#sendBatch(url, signal, turn, first, Math.min(first + this.batch, start + size));
          const due = (this.acknowledged / this.ratePerSecond) * 1000 - (performance.now() - began);
          if (due > 5) await sleep(due);
        }
      start += size;
      await cohortEnded?.();
    }
  }

  async #sendBatch(url, signal, turn, first, last) {
    const body = this.#request(turn, first, last);
    while (!signal.aborted && !(await accepted(url, body))) await sleep(100);
    if (!signal.aborted) this.acknowledged += last - first;
  }

  #request(turn, first, last) {
    const spans = [];
    for (let conversation = first; conversation < last; conversation++) spans.push(this.#span(conversation, turn));
    return `{"resourceSpans":[{"resource":{"attributes":[${text('service.name', 'drill')}]},"scopeSpans":[{"scope":{"name":"spanport"},"spans":[${spans.join(',')}]}]}]}`;
  }

  #span(conversation, turn) {
    // Times rise with the turn, as those of a real conversation do; the order of delivery is checked by turn.
    const start = this.#base + BigInt(turn) * 10_000_000_000n + BigInt(conversation);
    const output = [
      { role: 'assistant', parts: [{ type: 'text', content: `mark-${conversation}-${turn}-` }], finish_reason: 'stop' },
    ];
    const input = [{ role: 'user', parts: [{ type: 'text', content: 'x'.repeat(200) }] }];
    const attributes = [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.request.model', 'gpt-4o-mini'),
      text('gen_ai.response.id', `r-${conversation}-${turn}`),
      text('gen_ai.conversation.id', `c-${conversation}`),
      text('gen_ai.input.messages', JSON.stringify(input)),
      text('gen_ai.output.messages', JSON.stringify(output)),
      `{"key":"gen_ai.usage.input_tokens","value":{"intValue":"11"}}`,
      `{"key":"spanport.custom.sent","value":{"intValue":"${Date.now()}"}}`,
    ];
    const id = hex(conversation, 8) + hex(turn, 8);
    return `{"traceId":"${'d'.repeat(16)}${id}","spanId":"${id}","name":"chat gpt-4o-mini","kind":3,"startTimeUnixNano":"${start}","endTimeUnixNano":"${start + 400_000_000n}","attributes":[${attributes.join(',')}]}`;
  }
}

function text(key, value) {
  return `{"key":"${key}","value":{"stringValue":${JSON.stringify(value)}}}`;
}

function hex(number, digits) {
  let result = '';
  for (let rest = number + 1; result.length < digits; rest = Math.floor(rest / 16)) result = HEX[rest % 16] + result;
  return result;
}

async function accepted(url, body) {
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  await response?.arrayBuffer().catch(() => {});
  return response?.ok === true;
}
