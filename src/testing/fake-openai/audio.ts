import { bytes, type HttpAnswer, json, stream, typedFrame } from './answer.ts';
import { bodyOf, type Context, type Route } from './context.ts';
import { textPieces } from './pieces.ts';
import { countTokens } from './tokens.ts';
import { isObject } from './turn.ts';

/** `/audio`: speech is a tenth of a second of silence, whatever the format; hearing names the file it was given. */
export const audioRoutes: readonly Route[] = [
  { method: 'POST', path: '/audio/speech', handle: speak },
  { method: 'POST', path: '/audio/transcriptions', handle: transcribe },
  { method: 'POST', path: '/audio/translations', handle: transcribe },
];

interface SpeechBody {
  readonly input: string;
  readonly response_format: string;
  readonly stream_format: string;
}

const TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};

function speak(context: Context): HttpAnswer {
  const { input = '', response_format = 'mp3', stream_format } = bodyOf<SpeechBody>(context);
  const sound = silence();
  if (stream_format !== 'sse') return bytes(sound, TYPES[response_format] ?? 'application/octet-stream');
  const tokens = countTokens(input);
  return stream([
    typedFrame({ type: 'speech.audio.delta', audio: sound.toString('base64') }),
    typedFrame({
      type: 'speech.audio.done',
      usage: { input_tokens: tokens, output_tokens: tokens * 4, total_tokens: tokens * 5 },
    }),
  ]);
}

/** A WAV file: 8 kHz, one channel, 8 bits. */
function silence(): Buffer {
  const samples = Buffer.alloc(800, 128);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

interface HearingBody {
  readonly model: string;
  readonly file: unknown;
  readonly response_format: string;
  readonly stream: string;
}

function transcribe(context: Context): HttpAnswer {
  const { file, model = 'whisper-1', response_format = 'json', stream: streamed } = bodyOf<HearingBody>(context);
  const name = isObject(file) && typeof file['file'] === 'string' ? file['file'] : 'audio';
  const text = `This is the speech in ${name}.`;
  const usage = model.startsWith('whisper') ? { type: 'duration', seconds: 1 } : tokenUsage(text);
  if (streamed === 'true') {
    const deltas = textPieces(text, {}).map((delta) => typedFrame({ type: 'transcript.text.delta', delta }));
    return stream([...deltas, typedFrame({ type: 'transcript.text.done', text, usage })]);
  }
  switch (response_format) {
    case 'text':
      return bytes(`${text}\n`, 'text/plain; charset=utf-8');
    case 'srt':
    case 'vtt':
      return bytes(`1\n00:00:00,000 --> 00:00:01,000\n${text}\n\n`, 'text/plain; charset=utf-8');
    case 'verbose_json':
      return json({ task: 'transcribe', language: 'english', duration: 1, text, segments: [], usage });
    default:
      return json({ text, usage });
  }
}

function tokenUsage(text: string): object {
  const output_tokens = countTokens(text);
  return {
    type: 'tokens',
    input_tokens: 10,
    input_token_details: { text_tokens: 0, audio_tokens: 10 },
    output_tokens,
    total_tokens: 10 + output_tokens,
  };
}
