import type { Interaction } from '../interaction/interaction.ts';

/** The service and environment for spans whose own resource does not contain them. */
export type ServiceInfo = Pick<Interaction, 'serviceName' | 'environment'>;

/** The span's own service and environment take precedence. */
export function withService(interaction: Interaction, service: ServiceInfo): Interaction {
  const isKnown =
    (service.serviceName === undefined || interaction.serviceName !== undefined) &&
    (service.environment === undefined || interaction.environment !== undefined);
  return isKnown ? interaction : { ...service, ...interaction };
}
