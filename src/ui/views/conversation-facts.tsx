import type { JSX } from 'preact';
import type { Detail, Loaded } from '../conversation-data.ts';
import { configured } from '../destinations.ts';
import { ago, count, dayAndClock, moment } from '../format.ts';
import { recordsAt, toneOfState } from '../parts/delivery-links.tsx';
import { Given } from '../parts/given.tsx';
import { Icon } from '../parts/icon.tsx';
import { DeliveryMark } from '../parts/mark.tsx';
import { Money } from '../parts/money.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { payloadAddress } from '../places.ts';
import { now } from '../time.ts';
import { costPartsOf } from './cost-parts.ts';
import { MissingFigures } from './missing-figures.tsx';
import { interactionOf } from './transcript.ts';

/** Who, when and where; tokens and cost; what became of the records; feedback and tags. */
export function Facts({ loaded }: { readonly loaded: Loaded }): JSX.Element {
  const { conversation } = loaded;
  const tags = [...new Set(conversation.rows.flatMap((row) => row.tags))];
  return (
    <aside class="facts" aria-label="Facts">
      <Identity conversation={conversation} />
      <TokensAndCost conversation={conversation} />
      <Destinations conversation={conversation} />
      <FeedbackFacts loaded={loaded} />
      {tags.length > 0 && (
        <section>
          <h2>Tags</h2>
          <p>
            <Safe text={tags.join(', ')} />
          </p>
        </section>
      )}
    </aside>
  );
}

function Identity({ conversation }: { readonly conversation: Detail }): JSX.Element {
  const { rows } = conversation;
  const first = rows[0] && interactionOf(rows[0]);
  const prompts = [...new Set(rows.flatMap(({ prompt }) => (prompt === undefined ? [] : [prompt])))];
  return (
    <section>
      <dl>
        <Fact name="Conversation" isMono>
          {conversation.conversationId}
        </Fact>
        <Fact name="User">{[conversation.users.join(', '), first?.user?.fullName].filter(Boolean).join(', ')}</Fact>
        <Fact name="Session">{first?.sessionId}</Fact>
        <Fact name="Prompt">{prompts.join(', ')}</Fact>
        <Fact name="Agent">{conversation.agents.join(', ')}</Fact>
        <Fact name="Service">{conversation.service}</Fact>
        <Fact name="Environment">{conversation.environment}</Fact>
        <Fact name="Models">{conversation.models.join(', ')}</Fact>
        <dt>Started</dt>
        <dd title={moment(conversation.firstAt)}>{dayAndClock(conversation.firstAt, now.value)}</dd>
        <dt>Last</dt>
        <dd title={moment(conversation.lastAt)}>{ago(conversation.lastAt, now.value)}</dd>
      </dl>
    </section>
  );
}

interface FactProps {
  readonly name: string;
  readonly children: string | undefined;
  readonly isMono?: boolean;
}

function Fact({ name, children, isMono = false }: FactProps): JSX.Element | null {
  if (!children) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd class={isMono ? 'mono' : undefined} title={children}>
        <Safe text={children} />
      </dd>
    </>
  );
}

type UsageField = 'cacheReadInputTokens' | 'reasoningOutputTokens';

function TokensAndCost({ conversation }: { readonly conversation: Detail }): JSX.Element {
  const { rows, cost, isEstimated, inputTokens, outputTokens, unpriced } = conversation;
  const sum = (field: UsageField): number =>
    rows.reduce((total, row) => total + (interactionOf(row).usage?.[field] ?? 0), 0);
  const cached = sum('cacheReadInputTokens');
  const reasoning = sum('reasoningOutputTokens');
  // While the rest of a long conversation is loading, its parts would not add up to its cost.
  const parts = rows.length < conversation.interactions ? undefined : costPartsOf(rows);
  return (
    <section>
      <h2>Tokens and cost</h2>
      <table class="figures-table">
        <tbody>
          <Amount name="Input" value={inputTokens} cost={parts?.input} />
          {cached > 0 && <Amount name="of it cached" value={cached} cost={parts?.cacheRead} isPart />}
          <Amount name="Output" value={outputTokens} cost={parts?.output} />
          {reasoning > 0 && <Amount name="of it reasoning" value={reasoning} cost={parts?.reasoning} isPart />}
          <tr>
            <th scope="row">USD</th>
            <td />
            <td title={cost === undefined ? undefined : `${cost} USD`}>
              <Money value={cost} isEstimated={isEstimated} />
            </td>
          </tr>
          {unpriced > 0 && <Amount name="Without a price" value={unpriced} />}
        </tbody>
      </table>
      <MissingFigures rows={rows} />
    </section>
  );
}

interface AmountProps {
  readonly name: string;
  readonly value: number | undefined;
  /** USD, where the parts of the cost are known. */
  readonly cost?: number | undefined;
  readonly isPart?: boolean;
}

function Amount({ name, value, cost, isPart = false }: AmountProps): JSX.Element {
  return (
    <tr class={isPart ? 'part' : undefined}>
      <th scope="row">{name}</th>
      <td>{count(value)}</td>
      <td class="dim">{cost !== undefined && <Money value={cost} />}</td>
    </tr>
  );
}

/** The worst state of its records at each destination, and how many. */
function Destinations({ conversation: { rows } }: { readonly conversation: Detail }): JSX.Element | null {
  if (configured.value.length === 0) return null;
  return (
    <section>
      <h2>Destinations</h2>
      <ul class="deliveries">
        {configured.value.map(({ name }) => {
          const { worst, target, text } = recordsAt(rows, name);
          return (
            <li key={name}>
              <a href={target ? payloadAddress(target, name) : '/destinations'}>
                {worst ? <DeliveryMark state={worst} /> : <i />}
                <span>{name}</span>
                <span class={toneOfState(worst)}>{worst ? text : 'not seen here'}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function FeedbackFacts({ loaded: { feedback } }: { readonly loaded: Loaded }): JSX.Element | null {
  const all = [...feedback.values()].flat().slice(0, 8);
  if (all.length === 0) return null;
  return (
    <section>
      <h2>Feedback</h2>
      <ul class="given">
        {all.map((each) => (
          <li key={each.id} title={moment(each.at)}>
            <Icon name={each.rating === 'positive' ? 'up' : 'thumbDown'} size={13} />
            <Given feedback={each} />
            {each.user !== undefined && (
              <small class="push dim">
                <Safe text={each.user} />
              </small>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
