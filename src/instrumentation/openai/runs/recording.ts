import { type Attributes, type Context, context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Facts, ToolExecution } from '../../../interaction/interaction.ts';
import { encodeAttributes } from '../../../semconv/attributes.ts';
import type { Call } from '../observer.ts';
import type { FunctionCall, WireMessage } from '../readers/assistants.ts';
import { type Clock, startClock } from './clock.ts';

/** What a run needs of the recorder: the span that was started for it. */
export interface RunRecording {
  /** The context that the call runs in, when somebody reads it. */
  readonly callContext?: Context;
  /** Whether anybody will read what was said. */
  readonly withContent: boolean;
  /** How long a completed run waits for the application to read its messages. */
  readonly messagesWaitMillis: number;
  /** Reads the messages that the application did not read; resolves with none unless that was asked for. */
  fetchMessages(threadId: string, runId: string): Promise<readonly WireMessage[]>;
  /** Tells of a tool that ran in the run: an `execute_tool` child, linked to the span that is active now. */
  tellTool(execution: TimedExecution): void;
  /** Offers a call that the run waits for to `traceTool`. */
  offerCall(call: FunctionCall): OfferedCall;
  end(ending: RunEnding): void;
}

export type TimedExecution = ToolExecution & Required<Pick<ToolExecution, 'startTime' | 'endTime'>>;

export interface OfferedCall {
  /** How `traceTool` ran it, once it has. */
  readonly taken: ToolExecution | undefined;
  withdraw(): void;
}

export interface RunEnding {
  readonly facts: Facts;
  /** Unix milliseconds. */
  readonly endTime: number;
  readonly error?: RunError;
  /** Somebody wanted the output, and the application never read it. */
  readonly outputUnseen: boolean;
}

export type RunError = { readonly type: string; readonly message?: string } | { readonly thrown: unknown };

/** A call at the moment it was issued. */
export interface Moment {
  readonly call: Call;
  readonly now: Clock;
  readonly parent: Context;
}

export function momentOf(call: Call): Moment {
  return { call, now: startClock(), parent: context.active() };
}

export function isContentWanted(): boolean {
  return true;
}

export function startRecording({ call, now, parent }: Moment, facts: Facts): RunRecording | undefined {
  const tracer = trace.getTracer('spanport');
  const name = facts.agent?.name === undefined ? 'invoke_agent' : `invoke_agent ${facts.agent.name}`;
  const url = new URL(call.client.baseURL ?? 'http://x');
  const base: Facts = {
    operation: 'invoke_agent',
    provider: 'openai',
    serverAddress: url.hostname,
    serverPort: Number(url.port),
  };
  const startTime = now();
  const span = tracer.startSpan(
    name,
    { kind: SpanKind.CLIENT, startTime, attributes: encodeAttributes({ ...base, ...facts }, false) as Attributes },
    parent,
  );
  if (!span.isRecording()) return undefined;
  const inside = trace.setSpan(parent, span);
  return {
    withContent: true,
    messagesWaitMillis: 1000,
    fetchMessages: async () => [],
    tellTool(execution) {
      const tool = tracer.startSpan(
        `execute_tool ${execution.name}`,
        {
          startTime: execution.startTime,
          attributes: {
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': execution.name,
            'gen_ai.tool.type': execution.type ?? '',
            'gen_ai.tool.call.id': execution.id ?? '',
          },
        },
        inside,
      );
      tool.end(execution.endTime);
    },
    offerCall: () => ({ taken: undefined, withdraw() {} }),
    end({ facts, endTime, error }) {
      span.setAttributes(encodeAttributes(facts, true) as Attributes);
      if (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttribute('error.type', 'type' in error ? error.type : '_OTHER');
      }
      span.end(endTime);
    },
  };
}
