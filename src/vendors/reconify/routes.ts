import type { Interaction } from '../../interaction/interaction.ts';
import { recordOf, stringOf } from '../../interaction/unknown.ts';
import { checked, dated, replaced, written } from '../route-parts.ts';
import type { RouteAnswer, RouteFailure, RouteRequest, RouteStep, VendorDocument, VendorRoutes } from '../routes.ts';
import { decode } from './decode.ts';
import { fileNamesIn, messagesOf, reconifyUpload, type Upload, uploadIn, withUploads } from './uploads.ts';

/** Both clients take only this answer for a success. */
const ok: RouteAnswer = { status: 200, body: { status: 'ok' } };

/**
 * Pictures of an image call come in requests of their own, each with its file name. Whichever comes first leaves a document
 * with this name: the picture, or the id of its call.
 */
const UPLOADS = 'upload';

export const routes: VendorRoutes = {
  routes: [
    { method: 'POST', path: '/track', orderKey: () => UPLOADS, handle: track },
    { method: 'POST', path: '/upload', orderKey: () => UPLOADS, handle: upload },
  ],
  /** Reconify has no header for its keys: they are in the body, which is decoded without them. */
  hasKeyInBody: true,
  authorize({ body }, keys) {
    const sent = recordOf(recordOf(body)?.['reconify']);
    const apiKey = stringOf(sent?.['apiKey']);
    if (apiKey !== undefined && keys.accepts(apiKey, stringOf(sent?.['appKey']))) return undefined;
    return errorAnswer({ status: 401, message: 'reconify.appKey or reconify.apiKey is missing or invalid.' });
  },
  errorAnswer,
};

function errorAnswer({ status, message, field }: RouteFailure): RouteAnswer {
  return { status, body: { status: 'error', message, ...(field !== undefined && { field }) } };
}

function track({ body, receivedAt }: RouteRequest): RouteStep {
  const interactions = checked(400, () => decode(body)).map((interaction) => dated(interaction, receivedAt));
  const names = interactions.flatMap(fileNamesIn);
  if (names.length === 0) return written({ interactions }, ok);
  const documents = interactions.flatMap((interaction) =>
    fileNamesIn(interaction).map((name) => callOf(name, receivedAt, interaction)),
  );
  return {
    kind: 'documents',
    query: { collection: UPLOADS, ids: names, limit: names.length },
    next: ({ items }) => {
      const uploads = items.flatMap((document) => uploadIn(document.body) ?? []);
      const filled = interactions.map((interaction) => withUploads(interaction, uploads));
      const calls = items.flatMap((document) => stringOf(document.body['call']) ?? []);
      return withPictures(filled, calls, (complete) => written({ interactions: complete, documents }, ok));
    },
  };
}

/** A request that is sent again has file names where the stored call has the pictures by now. */
function withPictures(
  interactions: readonly Interaction[],
  calls: readonly string[],
  next: (complete: readonly Interaction[]) => RouteStep,
): RouteStep {
  if (calls.length === 0) return next(interactions);
  return {
    kind: 'interactions',
    query: { where: { field: 'id', in: calls }, limit: calls.length },
    next: ({ items }) =>
      next(
        interactions.map((interaction) => {
          const known = items.find(({ id }) => id === interaction.id);
          return known ? { ...interaction, ...messagesOf(known) } : interaction;
        }),
      ),
  };
}

function upload({ body, receivedAt }: RouteRequest): RouteStep {
  const { upload: picture } = checked(400, () => reconifyUpload.parse(body));
  const { filename } = picture;
  const keep = (): RouteStep => written({ documents: [documentOf(filename, receivedAt, picture)] }, ok);
  return {
    kind: 'documents',
    query: { collection: UPLOADS, ids: [filename], limit: 1 },
    next: ({ items: [document] }) => {
      const call = stringOf(document?.body['call']);
      return call === undefined ? keep() : fill(call, picture, keep);
    },
  };
}

function fill(call: string, picture: Upload, otherwise: () => RouteStep): RouteStep {
  return {
    kind: 'interactions',
    query: { where: { field: 'id', in: [call] }, limit: 1 },
    next: ({ items: [known] }) =>
      known ? written({ replacedInteractions: [replaced(known, withUploads(known, [picture]))] }, ok) : otherwise(),
  };
}

/** The call of a file name, in place of its picture: a call contains its pictures itself. */
function callOf(name: string, updatedAt: number, { id, traceId }: Interaction): VendorDocument {
  return { ...documentOf(name, updatedAt, { call: id }), externalId: traceId };
}

function documentOf(id: string, updatedAt: number, body: VendorDocument['body']): VendorDocument {
  return { collection: UPLOADS, id, updatedAt, body: { ...body } };
}
