import { type Mask, maskAttributes, maskJson, maskSecrets, withoutNamedSecret } from '../../interaction/mask.ts';
import { attributeKind, eventAttributeKind } from '../../semconv/dialects/attribute-kinds.ts';
import type { AttributeKind } from '../../semconv/dialects/attribute-rules.ts';
import { type ContentMode, REDACTED } from '../content-policy.ts';

/** The part of an attribute that a destination receives; undefined if it receives nothing. */
export function attributeFor(
  name: string,
  kind: AttributeKind,
  value: unknown,
  mode: ContentMode,
  mask: Mask,
): unknown {
  return withoutNamedSecret(name, permittedValue(kind, value, mode, mask), mask);
}

function permittedValue(kind: AttributeKind, value: unknown, mode: ContentMode, mask: Mask): unknown {
  if (kind === 'fact') return maskedValue(value, maskSecrets);
  if (kind === 'other' || mode === 'full') return maskedValue(value, mask);
  // Numbers and booleans are not content. A list of numbers may be an embedding, from which the text can be inferred.
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return mode === 'redacted' ? REDACTED : undefined;
}

/** A value with every text masked. JSON in a text is parsed, so that each of its texts is masked separately. */
function maskedValue(value: unknown, mask: Mask): unknown {
  if (typeof value === 'string') return maskedText(value, mask);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return maskJson(value, (text) => maskedText(text, mask));
}

function maskedText(text: string, mask: Mask): string {
  if (!/^\s*[[{]/.test(text)) return mask(text);
  try {
    const value: unknown = JSON.parse(text);
    const masked = maskJson(value, (inner) => maskedText(inner, mask));
    // The whole text as well, because some secrets are recognised only by the name before them.
    return mask(masked === value ? text : JSON.stringify(masked));
  } catch {
    return mask(text);
  }
}

type Attributes = Readonly<Record<string, unknown>>;

/** The attributes of a span's event that a destination receives. */
export function eventAttributesFor(
  event: string,
  attributes: Attributes,
  { mode, mask, isOfDialect }: { readonly mode: ContentMode; readonly mask: Mask; readonly isOfDialect: boolean },
): Attributes {
  return mapped(attributes, (name, value) =>
    attributeFor(name, eventAttributeKind(event, name, isOfDialect), value, mode, mask),
  );
}

/** The attributes of a span's link that a destination receives. */
export function linkAttributesFor(attributes: Attributes, mode: ContentMode, mask: Mask): Attributes {
  return mapped(attributes, (name, value) => attributeFor(name, attributeKind(name, true), value, mode, mask));
}

function mapped(attributes: Attributes, change: (name: string, value: unknown) => unknown): Attributes {
  const result: Record<string, unknown> = {};
  for (const name in attributes) {
    const value = change(name, attributes[name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** The attributes of a resource, masked. The same object if nothing changed. */
export function maskedResource(attributes: Attributes, mask: Mask): Attributes {
  return maskAttributes(attributes, mask);
}
