import { type AnswerRules, outcomeOf as judge } from '../../delivery/answer.ts';
import type { Answer, DeliveryOutcome } from '../../delivery/delivery.ts';
import { beginningOf } from '../../interaction/text.ts';
import { ProtobufReader } from '../../otlp/protobuf-reader.ts';

const MAX_REASON_LENGTH = 200;

/** What Cloudflare answers in place of a 502, 503 or 504 when it does not reach the server behind it. */
const CLOUDFLARE = [520, 521, 522, 523, 524, 525, 526, 530];

/** Specification of OTLP, "Failures": 429, 502, 503 and 504 may be retried, other errors must not. */
const OTLP_RULES: AnswerRules = {
  retryable: [429, 502, 503, 504, ...CLOUDFLARE],
  tooLarge: [413],
  reasonIn: (body, answer) => beginningOf(statusMessageIn(answer) ?? body.trim(), MAX_REASON_LENGTH) || undefined,
  accepted: partialSuccessFrom,
};

export function outcomeOf(answer: Answer): DeliveryOutcome {
  return judge(answer, OTLP_RULES);
}

/** An error in protobuf is a `google.rpc.Status`, whose field 2 is the message. */
function statusMessageIn({ headers, bytes }: Answer): string | undefined {
  if (!bytes || !headers['content-type']?.includes('protobuf')) return undefined;
  try {
    const reader = new ProtobufReader(bytes);
    while (reader.next()) {
      if (reader.field === 2) return reader.text();
      reader.skip();
    }
  } catch {
    // It is shown as it is.
  }
  return undefined;
}

type PartialSuccess = ReturnType<NonNullable<AnswerRules['accepted']>>;

/** Specification of OTLP, "Partial Success". Servers respond in the format of the request. */
function partialSuccessFrom({ headers, body, bytes }: Answer): PartialSuccess {
  try {
    if (headers['content-type']?.includes('protobuf')) return partialSuccessIn(bytes ?? new Uint8Array());
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: Readonly<Record<string, unknown>> };
    return partialSuccessOf(Number(partialSuccess?.['rejectedSpans']), partialSuccess?.['errorMessage']);
  } catch {
    // The status means that it was accepted, even if the body is invalid.
    return {};
  }
}

/** ExportTraceServiceResponse: field 1 is the partial success, whose field 1 is a number and field 2 a text. */
function partialSuccessIn(bytes: Uint8Array): PartialSuccess {
  const reader = new ProtobufReader(bytes);
  let rejected = 0;
  let message = '';
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    while (reader.next()) {
      if (reader.field === 1) rejected = reader.varint();
      else if (reader.field === 2) message = reader.text();
      else reader.skip();
    }
    reader.leave(outer);
  }
  return partialSuccessOf(rejected, message);
}

function partialSuccessOf(rejected: number, message: unknown): PartialSuccess {
  return {
    ...(rejected > 0 && { rejected: Math.floor(rejected) }),
    ...(typeof message === 'string' && message !== '' && { reason: beginningOf(message, MAX_REASON_LENGTH) }),
  };
}
