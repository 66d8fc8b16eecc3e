import type { Interaction } from './interaction.ts';
import { OPERATION } from './operation.ts';

/** Whether a status says that a response has no answer yet. */
export function isPendingStatus(status: string | undefined): boolean {
  return status === 'queued' || status === 'in_progress';
}

/** Whether the response is a background response that has no answer yet: this process or another one fetches it. */
export function isUnfinished({
  responseStatus,
  operation,
}: Pick<Interaction, 'responseStatus' | 'operation'>): boolean {
  return operation !== OPERATION.invokeAgent && isPendingStatus(responseStatus);
}

/** Whether a fetch received the final state of a response. */
export function hasAnswer(fetched: Interaction): boolean {
  const { responseStatus, responseModel, finishReasons } = fetched;
  return !isUnfinished(fetched) && (responseStatus ?? responseModel ?? finishReasons) !== undefined;
}

/**
 * A background response that another process created: the interaction as far as the fetch describes it. Its id is the
 * same for every fetch.
 */
export function fetchedElsewhere(fetched: Interaction): Interaction {
  const { serverAddress = '', responseId = '', responseModel } = fetched;
  return {
    ...fetched,
    id: `response:${serverAddress}:${responseId}`,
    operation: OPERATION.chat,
    name: responseModel === undefined ? OPERATION.chat : `${OPERATION.chat} ${responseModel}`,
    ...(responseModel !== undefined && { requestModel: responseModel }),
  };
}

/** Combines the two spans of a background response: the call that queued it and the one that fetched its result. */
export function joinBackground(created: Interaction, fetched: Interaction): Interaction {
  return {
    ...fetched,
    ...created,
    ...definedOf(fetched, [
      'responseModel',
      'responseStatus',
      'outputMessages',
      'finishReasons',
      'usage',
      'cost',
      'serviceTier',
    ]),
    endTime: fetched.endTime,
    outcome: fetched.outcome,
  };
}

function definedOf<T extends object, K extends keyof T>(holder: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const result: Partial<Pick<T, K>> = {};
  for (const key of keys) if (holder[key] !== undefined) result[key] = holder[key];
  return result;
}
