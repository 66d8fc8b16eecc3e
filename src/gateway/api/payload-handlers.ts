import type { Store } from '../../store/store.ts';
import { missing, type Part } from './calls.ts';
import { meaningsOf } from './meaning.ts';
import type { Answer } from './routes.ts';

interface PayloadHost {
  readonly store: Store;
  request(interaction: string, destination: string, project?: string): Promise<Answer<'getDelivery'>['request']>;
  vendorFields(name: string): Promise<Answer<'getVendorFields'> | undefined>;
}

/** Where the payloads of vendors have the fields of an interaction. */
export function payloadHandlers(host: PayloadHost): Part<'comparePayloads' | 'getVendorFields'> {
  return {
    async getVendorFields({ params }) {
      const found = await host.vendorFields(params['name'] ?? '');
      if (!found) throw missing('vendor', params['name']);
      return found;
    },
    async comparePayloads({ params, query: { left, right, project } }) {
      const { id = '' } = params;
      const found = await host.store.read.interaction(id, project);
      if (!found) throw missing('interaction', id);
      const sideOf = async (name: string) => {
        const [fields, request] = await Promise.all([
          host.vendorFields(name),
          host.request(id, name, found.row.project),
        ]);
        return fields && { fields, body: request?.body };
      };
      const [one, other] = await Promise.all([sideOf(left), sideOf(right)]);
      return one && other ? { groups: meaningsOf(found.interaction, one, other) } : {};
    },
  };
}
