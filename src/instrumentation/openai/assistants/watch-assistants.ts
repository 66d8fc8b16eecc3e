import { SpanKind } from '@opentelemetry/api';
import type { Agent } from '../../../interaction/interaction.ts';
import { recordOf } from '../../../interaction/unknown.ts';
import { OPERATION } from '../../../semconv/names.ts';
import type { Call, CallObserver } from '../../client/observer.ts';
import { CUT } from '../../errors.ts';
import type { Recorder } from '../../recorder.ts';
import type { Recording } from '../../recording.ts';
import { known, readInstructions } from '../readers/assistants.ts';
import { asIdentified, itemsOf, type WireAssistant } from '../readers/assistants-wire.ts';
import { serverOf } from '../server.ts';
import { AssistantsState, scopeOf } from './state.ts';
import { keyOf } from './threads.ts';
import { watchValue } from './watch-value.ts';

/** `assistants.retrieve`, `assistants.update` */
export function watchAssistant(call: Call, recorder: Recorder): CallObserver {
  return watchValue((value) => rememberAssistant(call, recorder, value));
}

/** `assistants.list` */
export function watchAssistants(call: Call, recorder: Recorder): CallObserver {
  return watchValue((page) => {
    for (const item of itemsOf(page)) rememberAssistant(call, recorder, item);
  });
}

/** `assistants.create` has its own span. */
export function watchNewAssistant(call: Call, recorder: Recorder): CallObserver {
  const request: Partial<WireAssistant> = recordOf(call.args[0]) ?? {};
  const recording = startAgentRecording(call, recorder, request);
  const systemInstructions = readInstructions(request);
  let agent: Agent | undefined;
  let hasEnded = false;
  const observer: CallObserver = {
    ...(recording?.callContext && { context: recording.callContext }),
    value(value) {
      agent = rememberAssistant(call, recorder, value);
    },
    end(outcome) {
      if (hasEnded) return;
      hasEnded = true;
      recorder.callEnded(observer);
      recording?.end({
        ...(agent && { facts: { agent } }),
        ...(systemInstructions && { content: { systemInstructions } }),
        ...(outcome.kind === 'failed' && { error: { thrown: outcome.error } }),
        ...(outcome.kind === 'cut' && { isCut: true, ...(!agent && { error: CUT }) }),
      });
    },
  };
  recorder.callStarted(observer);
  return observer;
}

function startAgentRecording(
  call: Call,
  recorder: Recorder,
  { name, description, model }: Partial<WireAssistant>,
): Recording | undefined {
  return recorder.start({
    name: name ? `${OPERATION.createAgent} ${name}` : OPERATION.createAgent,
    kind: SpanKind.CLIENT,
    facts: {
      ...serverOf(call.client),
      operation: OPERATION.createAgent,
      ...known({ requestModel: model }),
      agent: known({ name: name || undefined, description: description || undefined }),
    },
  });
}

function rememberAssistant(call: Call, recorder: Recorder, value: unknown): Agent | undefined {
  const assistant = asIdentified<WireAssistant>(value);
  return assistant && recorder.stateOf(AssistantsState).agents.remember(keyOf(scopeOf(call), assistant.id), assistant);
}
