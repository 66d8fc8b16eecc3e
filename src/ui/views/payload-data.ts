import { useEffect, useState } from 'preact/hooks';
import type { Answer, Delivery } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { duration } from '../format.ts';
import { onAnswer } from '../on-answer.ts';
import { pathOf } from '../parts/json-lines.ts';
import { messageOf } from '../text.ts';
import { now } from '../time.ts';

export type Detail = Answer<'getInteraction'>;

/** One interaction at one destination. */
export interface OneProps {
  readonly detail: Detail;
  readonly name: string;
  onChanged(): Promise<void>;
}

/** What a call to the API names it by. */
export function deliveryCall({ detail, name }: Pick<OneProps, 'detail' | 'name'>) {
  return { params: { id: detail.id, destination: name }, query: { project: detail.project } };
}

export type Payload = Answer<'getDelivery'>;

/** The request changes when the interaction does, not with each attempt. */
export function usePayload(
  detail: Detail,
  name: string,
): { readonly payload: Payload | undefined; readonly problem: string | undefined } {
  const [payload, setPayload] = useState<Payload>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    setPayload(undefined);
    setProblem(undefined);
    return onAnswer(api.getDelivery(deliveryCall({ detail, name })), setPayload, (error) =>
      setProblem(messageOf(error)),
    );
  }, [detail.id, detail.project, detail.sequence, name]);
  return { payload, problem };
}

/** `200`, `422, refused for good`, `503, again in 14 s` */
export function outcomeOf({ state, attempts, reason }: Delivery): string {
  const last = attempts.at(-1);
  const status = last?.status === undefined ? '' : `${last.status}`;
  switch (state) {
    case 'delivered':
      return last?.durationMillis === undefined
        ? status || 'delivered'
        : `${status || 'delivered'} in ${duration(last.durationMillis / 1_000)}`;
    case 'coalesced':
      return 'within a newer record';
    case 'dead':
      return [status, 'refused for good'].filter(Boolean).join(', ');
    case 'stopped':
      return [status, 'stopped'].filter(Boolean).join(', ');
    case 'retrying':
      return [status || 'no answer', againIn(last)].filter(Boolean).join(', ');
    case 'waiting':
      return 'waiting for its turn';
    case 'skipped':
      return reason === undefined ? 'not sent, by a rule' : `not sent: ${reason}`;
  }
}

export function againIn(last: Delivery['attempts'][number] | undefined): string {
  if (last?.waitMillis === undefined) return 'tried again soon';
  const rest = last.at + last.waitMillis - now.value;
  return rest > 0 ? `again in ${duration(Math.ceil(rest / 1_000))}` : 'again any moment';
}

/** Without the status, which stands with the attempt. */
export function reasonOf({ reason = '' }: { readonly reason?: string | undefined }): string {
  return reason.replace(/^HTTP \d{3}(:\s*|$)/, '').replace(/[.\s]+$/, '');
}

/** The field that a refusal names, such as `messages.27.properties.tool_results`, as far as the payload has it. */
export function complainedPaths(body: unknown, delivery: Delivery | undefined): string[] {
  if (delivery?.state !== 'dead') return [];
  const names = (delivery.reason ?? '').match(/[A-Za-z_][\w-]*(?:(?:\.|\[)[\w-]+\]?)*/g) ?? [];
  return names.flatMap((name) => {
    const keys = name.split(/[.[\]]+/).filter(Boolean);
    return keys.length > 1 || isOwnKey(body, keys[0]) ? deepest(body, keys) : [];
  });
}

function isOwnKey(body: unknown, key: string | undefined): boolean {
  return typeof body === 'object' && body !== null && key !== undefined && Object.hasOwn(body, key);
}

/** The longest beginning of a path that exists, but never the whole payload. */
function deepest(body: unknown, keys: readonly string[]): string[] {
  const found: string[] = [];
  let value = body;
  for (const key of keys) {
    if (!isOwnKey(value, key)) break;
    found.push(key);
    value = (value as Record<string, unknown>)[key];
  }
  return found.length === 0 ? [] : [pathOf(found)];
}
