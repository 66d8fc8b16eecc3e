import type { Environment } from '../../configuration/environment.ts';

/** A variable of `OTEL_EXPORTER_OTLP_*`: the one for traces, else the general one. */
export function setting(environment: Environment, name: string): readonly [variable: string, text: string | undefined] {
  const own = `OTEL_EXPORTER_OTLP_TRACES_${name}`;
  const text = environment[own]?.trim();
  return text
    ? [own, text]
    : [`OTEL_EXPORTER_OTLP_${name}`, environment[`OTEL_EXPORTER_OTLP_${name}`]?.trim() || undefined];
}
