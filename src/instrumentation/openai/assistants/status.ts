import type { WireRun } from '../readers/assistants-wire.ts';

/** What the status of a run means for its span. */
export type StatusRule =
  /** The span stays open. */
  | { readonly phase: 'working' }
  /** The span stays open; each function call in `required_action` becomes an `execute_tool` child when it is answered. */
  | { readonly phase: 'tools' }
  /** The span ends, after a short wait for the messages when the status leaves any to read. */
  | {
      readonly phase: 'ended';
      readonly leavesMessages: boolean;
      readonly finishReason: (run: WireRun) => string;
      readonly errorType?: (run: WireRun) => string;
    };

/** Every status that OpenAI documents for a run. */
const rules: Readonly<Record<string, StatusRule>> = {
  queued: { phase: 'working' },
  in_progress: { phase: 'working' },
  cancelling: { phase: 'working' },
  requires_action: { phase: 'tools' },
  completed: { phase: 'ended', leavesMessages: true, finishReason: () => 'stop' },
  incomplete: { phase: 'ended', leavesMessages: true, finishReason: incompleteReason },
  failed: failure((run) => run.last_error?.code ?? 'run_failed'),
  cancelled: failure(() => 'run_cancelled'),
  expired: failure(() => 'run_expired'),
};

/** An unknown status, which a later API may add, counts as work in progress. */
export function ruleOf(status: string): StatusRule {
  return rules[status] ?? { phase: 'working' };
}

function failure(errorType: (run: WireRun) => string): StatusRule {
  return { phase: 'ended', leavesMessages: false, finishReason: () => 'error', errorType };
}

function incompleteReason({ incomplete_details }: WireRun): string {
  const reason = incomplete_details?.reason ?? 'length';
  return reason === 'max_completion_tokens' || reason === 'max_prompt_tokens' ? 'length' : reason;
}
