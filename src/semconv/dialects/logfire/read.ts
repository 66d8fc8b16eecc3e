import { answerFactsFromOpenAI, outputFromOpenAI, usageFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage } from '../../../formats/openai/messages.ts';
import { requestFromOpenAI } from '../../../formats/openai/request.ts';
import { defined, someOf } from '../../../interaction/defined.ts';
import type { Facts, Writable } from '../../../interaction/interaction.ts';
import type { Message } from '../../../interaction/message.ts';
import { OPERATION } from '../../../interaction/operation.ts';
import { listOf, recordOf, stringOf, type UnknownRecord } from '../../../interaction/unknown.ts';
import { millisFrom, type SpanData, SpanStatusCode } from '../../span-data.ts';
import { joined } from '../caller.ts';
import type { Dialect, Reading, Role } from '../dialect.ts';
import { readGenAI } from '../genai/read.ts';
import { type AttributeMap, countOf, parsedOrText, recordIn, textOf } from '../values.ts';

/**
 * Pydantic Logfire: its own attributes `request_data`, `response_data` and `events`, and the names of the conventions.
 * A streamed call has two spans: one for the request, and one without duration that contains the answer.
 */
export const logfire: Dialect = {
  name: 'logfire',
  scopes: ['logfire*'],
  claims: ({ attributes }) =>
    attributes['logfire.msg_template'] !== undefined && attributes['request_data'] !== undefined,
  read,
};

function read(span: SpanData): Reading {
  const { attributes } = span;
  const request = recordIn(attributes['request_data']);
  const reading = readGenAI(span);
  if (!request) return reading;
  const answer = recordIn(attributes['response_data']);
  const events = eventFacts(attributes['events']);
  const facts: Writable<Facts> = joined(requestFacts(request), answer && answerFacts(answer), events, reading.facts, {
    usage: usageFromOpenAI(recordIn(attributes['gen_ai.usage.raw'])) ?? {},
    operation: reading.facts.operation ?? operationOf(request),
  });
  // Without an answer, Logfire repeats the requested model as the one that answered.
  if (facts.responseId === undefined && facts.responseModel === facts.requestModel) delete facts.responseModel;
  const duration = countOf(attributes['duration']);
  const isAnswer = attributes['logfire.span_type'] === 'log' && duration !== undefined;
  return {
    role: roleOf(span, facts),
    facts: isAnswer ? joined(facts, { parameters: { stream: true } }) : facts,
    ...(isAnswer && { startTime: millisFrom(span.endTime) - duration * 1_000 }),
  };
}

/** The span of a streamed request has neither answer nor error: the next span describes the call. */
function roleOf({ attributes, status }: SpanData, facts: Facts): Role {
  if (attributes['logfire.span_type'] === 'pending_span') return 'part';
  const hasAnswer = facts.outputMessages !== undefined || facts.usage?.inputTokens !== undefined;
  return hasAnswer || status.code === SpanStatusCode.ERROR ? 'call' : 'outer';
}

function operationOf(request: UnknownRecord): string {
  if ('messages' in request || 'instructions' in request) return OPERATION.chat;
  return 'prompt' in request ? OPERATION.textCompletion : 'input' in request ? OPERATION.embeddings : OPERATION.chat;
}

/** Messages keep their order: a system message does not become an instruction. */
function requestFacts(request: UnknownRecord): Facts {
  const { messages, ...rest } = request;
  const list = (listOf(messages) ?? []).flatMap((each) => decodeMessage(each) ?? []);
  const embedded = stringOf(request['encoding_format']);
  return defined({
    ...requestFromOpenAI(rest),
    inputMessages: someOf(list),
    ...(embedded !== undefined && { parameters: { encodingFormats: [embedded] } }),
  });
}

function answerFacts(answer: UnknownRecord): Facts {
  const { message, usage } = answer;
  return defined({
    ...answerFactsFromOpenAI(answer),
    outputMessages: recordOf(message) ? outputFromOpenAI({ choices: [{ message }] }) : undefined,
    usage: usageFromOpenAI(usage),
  });
}

/** `events` contains the old events of the conventions as one list. The last assistant message is the answer. */
function eventFacts(value: unknown): Facts {
  const events = (listOf(parsedOrText(value)) ?? []).map((each) => recordOf(each) ?? {});
  const input: Message[] = [];
  let output: Message | undefined;
  for (const event of events) {
    const choice = recordOf(event['message']);
    const message = decodeMessage(choice ? { role: 'assistant', ...choice } : messageOf(event));
    if (!message) continue;
    if (choice || (message.role === 'assistant' && event === events.at(-1))) output = message;
    else input.push(message);
  }
  return defined({ inputMessages: someOf(input), outputMessages: output && [output] });
}

function messageOf(event: AttributeMap): UnknownRecord {
  const [, role] = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(String(event['event.name'])) ?? [];
  return { ...event, role: textOf(event['role']) ?? role, tool_call_id: event['id'] };
}
