import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FeedbackRow } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { configured } from '../destinations.ts';
import { messageOf } from '../text.ts';
import type { ConversationRow } from '../views/transcript.ts';
import { interactionOf } from '../views/transcript.ts';
import { Given } from './given.tsx';
import { Icon } from './icon.tsx';
import './feedback.css';

type Rating = FeedbackRow['rating'];

const REASONS: Readonly<Record<Rating, readonly string[]>> = {
  positive: ['Correct', 'Complete', 'Clear'],
  negative: ['Wrong', 'Incomplete', 'Out of date', 'Ignores the question'],
};

interface FeedbackProps {
  readonly row: ConversationRow;
  readonly given: readonly FeedbackRow[];
  readonly onRated: () => void;
}

/** Thumbs, reasons and a comment on an answer. */
export function Feedback({ row, given, onRated }: FeedbackProps): JSX.Element {
  const [rating, setRating] = useState<Rating>();
  const thumbs = useRef<HTMLDivElement>(null);
  const latest = given.at(0);
  const close = (): void => {
    setRating(undefined);
    thumbs.current?.querySelector('button')?.focus();
  };
  const isUp = row.feedback.up > 0;
  const isDown = row.feedback.down > 0;
  return (
    <div class={`rate${isUp || isDown || rating ? ' is-given' : ''}`}>
      <div class="thumbs" ref={thumbs}>
        <Thumb rating="positive" isOn={isUp} isOpen={rating === 'positive'} onChoose={setRating} />
        <Thumb rating="negative" isOn={isDown} isOpen={rating === 'negative'} onChoose={setRating} />
        {latest && <Given feedback={latest} />}
      </div>
      {rating && (
        <FeedbackForm
          {...{ row, rating }}
          onClose={close}
          onSaved={() => {
            close();
            onRated();
          }}
        />
      )}
    </div>
  );
}

interface ThumbProps {
  readonly rating: Rating;
  readonly isOn: boolean;
  readonly isOpen: boolean;
  onChoose(rating: Rating): void;
}

function Thumb({ rating, isOn, isOpen, onChoose }: ThumbProps): JSX.Element {
  const label = rating === 'positive' ? 'Good answer' : 'Bad answer';
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={isOn || isOpen}
      aria-expanded={isOpen}
      onClick={() => onChoose(rating)}
    >
      <Icon name={rating === 'positive' ? 'up' : 'thumbDown'} />
    </button>
  );
}

interface FormProps {
  readonly row: ConversationRow;
  readonly rating: Rating;
  onClose(): void;
  onSaved(): void;
}

function FeedbackForm({ row, rating, onClose, onSaved }: FormProps): JSX.Element {
  const [comment, setComment] = useState('');
  const [reasons, setReasons] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<string>();
  const isSaving = useRef(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [rating]);
  const save = (): void => {
    // A second press while the first one is on its way.
    if (isSaving.current) return;
    isSaving.current = true;
    const messageId = interactionOf(row).messageIds?.out?.[0];
    const body = {
      interaction: row.id,
      project: row.project,
      rating,
      ...(messageId !== undefined && { messageId }),
      ...(comment.trim() !== '' && { comment: comment.trim() }),
      ...(reasons.length > 0 && { reasons: reasons.map((label) => ({ label })) }),
    };
    api.addFeedback({ body }).then(onSaved, (error: unknown) => {
      isSaving.current = false;
      setProblem(messageOf(error));
    });
  };
  const toggle = (label: string): void =>
    setReasons(reasons.includes(label) ? reasons.filter((each) => each !== label) : [...reasons, label]);
  return (
    <div class="short-form">
      <p class="reasons">
        {REASONS[rating].map((label) => (
          <button key={label} type="button" aria-pressed={reasons.includes(label)} onClick={() => toggle(label)}>
            {label}
          </button>
        ))}
      </p>
      <p class="entry">
        <input
          ref={field}
          aria-label="Comment"
          placeholder="What should others know about this answer"
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') save();
            if (event.key === 'Escape') {
              event.stopPropagation();
              onClose();
            }
          }}
        />
        <button type="button" class="button main" onClick={save}>
          Save <kbd>↵</kbd>
        </button>
      </p>
      <small class={problem && 'bad'} role="status">
        {problem ?? whereItGoes()}
      </small>
    </div>
  );
}

function whereItGoes(): string {
  const names = configured.value.filter(({ takesFeedback }) => takesFeedback).map(({ name }) => name);
  return names.length === 0
    ? 'Stays in this gateway: no destination that it forwards to takes feedback.'
    : `Goes to ${names.join(' and ')} as feedback, and stays here.`;
}
