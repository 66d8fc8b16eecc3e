import { defined, someFields } from '../../../interaction/defined.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { listOf, recordOf, stringOf, type UnknownRecord } from '../../../interaction/unknown.ts';

/** Reads the answer of a LangChain model in `output.value`, for the ids that its numbered attributes do not have. */
export function langChainAnswer(answer: UnknownRecord): Facts {
  const generation = recordOf(listOf(listOf(answer['generations'])?.[0])?.[0]);
  const message = recordOf(recordOf(generation?.['message'])?.['kwargs']);
  const metadata = recordOf(message?.['response_metadata']) ?? recordOf(generation?.['generationInfo']);
  if (!message && !metadata) return {};
  const tier = stringOf(metadata?.['service_tier']);
  return defined({
    responseId: stringOf(message?.['id']),
    responseModel: stringOf(metadata?.['model_name']),
    systemFingerprint: stringOf(metadata?.['system_fingerprint']),
    serviceTier: someFields(defined({ response: tier })),
  });
}
