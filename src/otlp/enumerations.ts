import { SpanKind, SpanStatusCode } from '../semconv/span-data.ts';

/** OTLP counts kinds from 1, with 0 for unspecified; the API counts from 0. */
const kinds = [
  SpanKind.INTERNAL,
  SpanKind.INTERNAL,
  SpanKind.SERVER,
  SpanKind.CLIENT,
  SpanKind.PRODUCER,
  SpanKind.CONSUMER,
];

/** An unknown kind is internal, which is what the specification says of an unspecified one. */
export function kindFrom(number: number): SpanKind {
  return kinds[number] ?? SpanKind.INTERNAL;
}

export function statusCodeFrom(number: number): SpanStatusCode {
  return number === 1 ? SpanStatusCode.OK : number === 2 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET;
}

const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const statusNames = ['UNSET', 'OK', 'ERROR'];

/** Enumerations are numbers in OTLP/JSON; some senders write the names that proto3 JSON uses. */
export const kindNumber = (name: string): number => kindNames.indexOf(name.replace(/^SPAN_KIND_/, ''));
export const statusNumber = (name: string): number => statusNames.indexOf(name.replace(/^STATUS_CODE_/, ''));
