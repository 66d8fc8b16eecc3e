import { recordOf, stringOf } from '../../interaction/unknown.ts';
import { checked, dated, written } from '../route-parts.ts';
import type { RouteAnswer, RouteFailure, RouteRequest, RouteStep, VendorRoutes } from '../routes.ts';
import { decode } from './decode.ts';
import { fileNamesIn, reconifyUpload, type Upload, uploadIn, withUploads } from './uploads.ts';

/** Both clients take only this answer for a success. */
const ok: RouteAnswer = { status: 200, body: { status: 'ok' } };

/** Pictures of an image call come by themselves, each under its file name. */
const UPLOADS = 'upload';
/** An upload follows its call within seconds, so that it belongs to one of the newest. */
const NEWEST_CALLS = 100;
const imageOperations = ['image_generation', 'generate_content'];

export const routes: VendorRoutes = {
  routes: [
    { method: 'POST', path: '/track', orderKey: () => UPLOADS, handle: track },
    { method: 'POST', path: '/upload', orderKey: () => UPLOADS, handle: upload },
  ],
  /** Reconify has no header for its keys: they are in the body, which is decoded without them. */
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
  return {
    kind: 'documents',
    query: { collection: UPLOADS, ids: names, limit: names.length },
    next: ({ items }) => {
      const uploads = items.flatMap((document) => uploadIn(document.body) ?? []);
      return written({ interactions: interactions.map((interaction) => withUploads(interaction, uploads)) }, ok);
    },
  };
}

function upload({ body, receivedAt }: RouteRequest): RouteStep {
  const { upload: picture } = checked(400, () => reconifyUpload.parse(body));
  return {
    kind: 'interactions',
    query: { where: { field: 'operation', in: imageOperations }, limit: NEWEST_CALLS },
    next: ({ items }) => {
      const call = items.find((interaction) => fileNamesIn(interaction).includes(picture.filename));
      if (call) return written({ replacedInteractions: [withUploads(call, [picture])] }, ok);
      return written({ documents: [documentOf(picture, receivedAt)] }, ok);
    },
  };
}

function documentOf(picture: Upload, updatedAt: number) {
  return { collection: UPLOADS, id: picture.filename, updatedAt, body: { ...picture } };
}
