import { applyContentMode, type ContentMode, eventFor, feedbackFor, REDACTED } from '../exporter/content-policy.ts';
import { linkAttributesFor } from '../exporter/destinations/masked-attributes.ts';
import type { Writable } from '../interaction/interaction.ts';
import type { Mask } from '../interaction/mask.ts';
import type { ReceivedEvent, ReceivedSpan, RouteChanges, VendorDocument } from '../vendors/routes.ts';

/** What a vendor's route changes, with as much content as is stored. Pure; `full` returns the same object. */
export function changesWithContent(changes: RouteChanges, mode: ContentMode, mask: Mask): RouteChanges {
  if (mode === 'full') return changes;
  const kept: Writable<RouteChanges> = { ...changes };
  const { interactions, replacedInteractions, spans, feedback, events, documents } = changes;
  if (interactions) kept.interactions = interactions.map((interaction) => applyContentMode(interaction, mode));
  if (replacedInteractions) {
    kept.replacedInteractions = replacedInteractions.map(({ interaction, fields }) => ({
      interaction: applyContentMode(interaction, mode),
      fields,
    }));
  }
  if (spans) kept.spans = spans.map((span) => spanFor(span, mode, mask));
  // Without the bodies as the client wrote them: they repeat the comment and the query.
  if (feedback) kept.feedback = feedback.map((one) => ({ id: one.id, feedback: feedbackFor(one.feedback, mode) }));
  if (events) kept.events = events.flatMap((event) => receivedEventFor(event, mode));
  if (documents) kept.documents = documents.map(documentFor);
  return kept;
}

function spanFor({ outcome, attributes, input, output, ...span }: ReceivedSpan, mode: ContentMode, mask: Mask) {
  const isRedacted = mode === 'redacted';
  const kept: Writable<ReceivedSpan> = { ...span, outcome: outcomeFor(outcome) };
  // Values stay scalars: each is kept, replaced by a text, or left out.
  if (attributes) kept.attributes = linkAttributesFor(attributes, mode, mask) as typeof attributes;
  if (input !== undefined && isRedacted) kept.input = REDACTED;
  if (output !== undefined && isRedacted) kept.output = REDACTED;
  return kept;
}

/** The message of an error may contain content. */
function outcomeFor(outcome: ReceivedSpan['outcome']): ReceivedSpan['outcome'] {
  if (outcome.status !== 'error') return outcome;
  const { message: _, ...kept } = outcome;
  return kept;
}

function receivedEventFor({ id, event }: ReceivedEvent, mode: ContentMode): ReceivedEvent[] {
  const kept = eventFor(event, mode);
  return kept ? [{ id, event: kept }] : [];
}

/** Texts of a document that say nothing of what was written: ids, names, times and words of the vendor. */
const KEPT =
  /(?:^|_)(?:ids?|type|role|status|visibility|model|time|at|name|version|call|filename|format|detail)$|(?:Id|Ids|At)$/;

/** The routes read a document again, so its structure is kept in every mode. */
function documentFor(document: VendorDocument): VendorDocument {
  const body = Object.fromEntries(
    Object.entries(document.body).map(([name, value]) => [name, withoutTexts(name, value)]),
  );
  return { ...document, body };
}

function withoutTexts(name: string, value: unknown): unknown {
  if (typeof value === 'string') return KEPT.test(name) ? value : REDACTED;
  if (Array.isArray(value)) return value.map((item: unknown) => withoutTexts(name, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutTexts(key, item)]));
}
