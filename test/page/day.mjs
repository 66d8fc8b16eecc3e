/** Half a day of an office, as OTLP: conversations with the figures and outcomes that a list has to show. */

const PRICES = {
  'gpt-4o-mini': [0.15, 0.6],
  'gpt-4o': [2.5, 10],
  'gpt-4.1': [2, 8],
  'gpt-4.1-mini': [0.4, 1.6],
  'gpt-5': [1.25, 10],
  'gpt-5-mini': [0.25, 2],
};

/** Status, first words, last words, prompt, user, model, turns, tools, input and output tokens, milliseconds, age in minutes. */
const ROWS = `
ok|Write the status page update for this incident|We are seeing slower checkouts since 10:05 UTC and have found the cause.|oncall/v7|u-204|gpt-5-mini|2||8912|148|4210|0.6
ok|Checkout p99 doubled at 10:05 and has not come back. What changed?|Rolled back at 11:37. p99 is at 212 ms, where it was before 10:05.|oncall/v7|u-204|gpt-5-mini|9|query_metrics,list_deploys,get_flags|184220|9204|108400|3
ok|Where is my order 1042?|Order 1042 has left our warehouse and arrives on Tuesday.|Order desk|u-17|gpt-4o-mini|1|get_order|145|22|87|6
ok|I am off to Lisbon on Saturday. Do I need an umbrella?|Yes, pack one: Lisbon expects rain on Saturday, with a chance of 80 %.|trip-planner|u-17|gpt-4o-mini|1|get_weather|182|32|709|6
error|Summarise this lease clause by clause, with the notice periods|400 context_length_exceeded: the request has 214,880 tokens|contracts/review|u-61|gpt-4o|1||||912|11
ok|Which invoices from October are still open, and who owes them?|Eleven invoices, 18,420.50 EUR in all. The three largest are named below.|ledger-sql|u-33|gpt-4.1|4|run_sql|22610|1904|38400|14
ok|Turn this stack trace into a bug report|Title: NPE in PriceCache.refresh when the SKU list is empty|triage|u-204|gpt-4.1-mini|2||3904|612|6120|18
ok|Wie kündige ich mein Abo zum Monatsende?|Sie können bis zum 30. November kündigen; danach läuft es weiter.|desk/v3|u-412|gpt-4o-mini|3|get_contract|2118|240|5230|22
ok|Compare these two CVs against the job description|Both meet the must-haves. The second has led a migration.|hiring-screen|u-9|gpt-5|2||11840|2210|41200|25
error|Book the 7:15 to Porto and put it on my calendar|book_train failed three times: 502 Bad Gateway|trip-planner|u-305|gpt-5-mini|3|book_train|9120|704|24800|31
ok|Explain this regex: ^(?=.*[A-Z])(?=.*\\d)[^\\s]{12,}$|It wants at least twelve characters, no whitespace, one digit.|dev-helper|u-51|gpt-4o-mini|1||212|188|2040|34
ok|Translate the release notes into Portuguese, keep the code|Notas da versão 4.2: o cliente tenta de novo quando a rede falha.|docs/translate|u-51|gpt-4.1-mini|1||4120|4390|28900|38
ok|What did we promise Hallmark Foods about uptime?|99.9 % a month, with credits of 10 % below that (MSA § 6.2).|contracts/review|u-61|gpt-4o|2|search_files|18240|390|9310|44
ok|Our fork of qwen3: is the answer grounded in the context?|Yes. Both figures are in document 2, lines 14 to 19.|eval/grounded|ci|qwen3-32b|1||3188|96|3870|47
ok|Plan four days in the Dolomites without a car|Day 1: Bolzano by train, then the Renon cable car.|trip-planner|u-118|gpt-5-mini|7|get_trains,get_weather|31480|4120|96500|52
ok|Is this e-mail a phishing attempt?|Very likely. The link leads to a domain registered nine days ago.|mail-guard|svc|gpt-4o-mini|1||1480|92|1310|62
ok|Is this e-mail a phishing attempt?|No sign of it. Sender, link and signature agree.|mail-guard|svc|gpt-4o-mini|1||1392|41|980|66
ok|Why does my flight cost more than yesterday?|The fare class you saw (T) is sold out; M is left.|trip-planner|u-305|gpt-5-mini|4|get_fares|10240|820|21900|71
ok|Generate a migration that adds orders.refunded_at|Here is the migration, with a backfill in batches of 5,000.|dev-helper|u-51|gpt-5|5|read_file|41200|3980|88100|78
ok|Card 4421 was charged twice for order 1178|Both charges are ours; the second is refunded.|Order desk|u-230|gpt-4o-mini|3|get_order,refund_order|4018|301|12400|84
ok|Where can I change my delivery address?|Under Account, Addresses. Order 1190 can still be changed.|desk/v3|u-519|gpt-4o-mini|2|get_order|1630|118|3010|125
ok|Classify 200 tickets by product area|Done: 200 of 200, 14 unsure and left to a person.|triage|ci|gpt-4.1-mini|1||58200|2600|31700|131
ok|How much did Marketing spend on agencies in Q3?|214,300 EUR, 12 % below the plan. Two invoices are disputed.|ledger-sql|u-33|gpt-4.1|3|run_sql|14020|760|17200|140
ok|Draft an answer to the complaint of Mrs Almeida|Dear Mrs Almeida, thank you for writing to us.|desk/v3|u-88|gpt-4o|2||3240|540|8800|150
ok|Read this receipt and file the expense|Taxi, 34.20 EUR, 27 November, filed under 6100 Travel.|expenses|u-9|gpt-4o|1|file_expense|1890|88|4410|155
ok|Does clause 9 survive termination?|Yes: 9.1 to 9.4 name a survival of three years.|contracts/review|u-61|gpt-4o|1|search_files|9410|122|3900|190
error|Find the flaky tests of the last week|429 rate limit reached for gpt-5-mini|dev-helper|u-204|gpt-5-mini|2|run_ci|2110|70|7300|205
ok|Which of these reviews mention the zip?|17 of 240. Twelve say that it sticks, five that it broke.|catalog/insight|u-70|gpt-4.1-mini|1||36400|710|14100|214
ok|Make me a packing list for two weeks in Patagonia|Layers first: two merino shirts, one fleece, a shell.|trip-planner|u-118|gpt-5-mini|2|get_weather|2810|910|11200|228
ok|What is our policy on returns after 30 days?|Up to 60 days with a receipt, store credit only.|desk/v3|u-602|gpt-4o-mini|1|search_files|1120|58|1890|250
ok|Convert this cron line into plain words: 15 3 * * 1-5|At 03:15 on Monday to Friday.|dev-helper|u-51|gpt-4o-mini|1||96|14|640|262
ok|Prepare the agenda for Monday from last week's notes|Five points, 45 minutes. The open decision on the cache is first.|assistant|u-9|gpt-5|3|read_notes|16400|1100|26300|270
ok|Is the shop open on Sunday?|No, we are closed on Sunday.|desk/v3|u-17|gpt-4o-mini|1||41|9|610|318
ok|Check these 40 translations for missing placeholders|Three are missing {name}: 12, 27 and 33.|docs/translate|ci|gpt-4.1-mini|1||8120|240|6020|330
ok|Who approved the exception for vendor 7731?|Approved by D. Okafor on 3 November, valid until March.|contracts/review|u-33|gpt-4o|2|search_files|7020|140|7100|372
ok|Label this image for the catalogue|Canvas tote, natural, leather handles, 38 by 42 cm.|catalog/vision|svc|gpt-4o|1||1105|31|2510|431
ok|Summarise the overnight alerts|Four alerts, one cause: the disk of db-3 was full from 02:10.|oncall/v7|u-204|gpt-5-mini|2|query_metrics|12300|640|13800|489
ok|Suggest three names for the new backpack line|Ridgeway, Longhaul, Fell.|catalog/tone|u-70|gpt-4o-mini|1||160|24|820|551
`;

/** @returns OTLP requests, oldest first; `now` is Unix time in milliseconds */
export function dayOfAnOffice(now) {
  return ROWS.trim()
    .split('\n')
    .toReversed()
    .map((line, index) => requestFor(line.split('|'), index, now));
}

function requestFor(
  [status, question, answer, prompt, user, model, turns, tools, input, output, millis, age],
  index,
  now,
) {
  const end = now - Number(age) * 60_000;
  const called = tools === '' ? [] : tools.split(',');
  // A call of a tool is a request of its own before the one that answers.
  const requests = called.length > 0 ? Math.max(2, Number(turns)) : Number(turns);
  const spans = Array.from({ length: requests }, (_, request) => {
    const isLast = request === requests - 1;
    const share = (value) => (value === '' ? undefined : Math.max(1, Math.round(Number(value) / requests)));
    const duration = Number(millis) / requests;
    const at = end - (requests - request) * duration;
    const calls = isLast || request > 1 ? [] : called;
    return span({
      ids: [index + 1, request + 1],
      at,
      duration: duration * 0.9,
      model,
      prompt,
      user,
      conversation: `${prompt.replace(/\W/g, '-').toLowerCase()}-${1000 + index}`,
      question: request === 0 || called.length > 0 ? question : FOLLOW_UPS[request % FOLLOW_UPS.length],
      answer: isLast ? answer : calls.length > 0 ? undefined : 'Done. What else should it say?',
      tools: calls,
      cached: share(request === 0 ? '' : String(Math.round(Number(input) * 0.6))),
      input: share(input),
      output: share(output),
      error: isLast && status === 'error' ? answer : undefined,
    });
  });
  const resource = { attributes: [attribute('service.name', prompt.split('/')[0]?.replace(/\W/g, '-').toLowerCase())] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'spanport' }, spans }] }] };
}

const FOLLOW_UPS = ['Shorter, please', 'And in the tone of the last one?', 'Keep the names as they are'];

function span(options) {
  const {
    ids,
    at,
    duration,
    model,
    prompt,
    user,
    conversation,
    question,
    answer,
    tools,
    cached,
    input,
    output,
    error,
  } = options;
  const [conversationNumber, turn] = ids.map((id) => id.toString(16));
  const price = PRICES[model];
  const cost = price && input && output ? (input * price[0] + output * price[1]) / 1e6 : undefined;
  const calls = tools.map((name, index) => ({ type: 'tool_call', id: `call_${turn}_${index}`, name, arguments: {} }));
  const nanos = (millis) => `${Math.round(millis)}000000`;
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.conversation.id': conversation,
    'gen_ai.prompt.name': prompt,
    'gen_ai.response.time_to_first_chunk': Number(((duration / 1e3) * 0.2).toFixed(3)),
    'user.id': user,
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
    'gen_ai.usage.cache_read.input_tokens': cached,
    'spanport.cost.total': cost,
    'error.type': error?.split(' ')[0],
    'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: question }] }]),
    'gen_ai.output.messages': error
      ? undefined
      : JSON.stringify([
          {
            role: 'assistant',
            parts: [...(answer === undefined ? [] : [{ type: 'text', content: answer }]), ...calls],
          },
        ]),
  };
  return {
    traceId: `${conversationNumber.padStart(16, 'a')}${turn.padStart(16, '0')}`,
    spanId: `${conversationNumber.padStart(8, 'b')}${turn.padStart(8, '0')}`,
    name: `chat ${model}`,
    kind: 3,
    startTimeUnixNano: nanos(at),
    endTimeUnixNano: nanos(at + duration),
    status: error ? { code: 2, message: error } : { code: 0 },
    attributes: Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [attribute(key, value)],
    ),
  };
}

function attribute(key, value) {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
}

/** What people thought of answers: the words of the question, the rating, a comment. */
const RATINGS = [
  ['Checkout p99 doubled', 'positive', 'Found it faster than I did.'],
  ['Which invoices from October', 'positive'],
  ['Book the 7:15 to Porto', 'negative', 'It said that it was booked.'],
  ['What did we promise', 'positive'],
  ['Why does my flight cost', 'negative'],
];

async function post(url, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** Sends the day to a gateway, and what people thought of it. */
export async function sendDay(url, now = Date.now()) {
  for (const request of dayOfAnOffice(now)) await post(`${url}/v1/traces`, request);
  for (const [words, rating, comment] of RATINGS) {
    const query = encodeURIComponent(`"${words}"`);
    const { items } = await (await fetch(`${url}/api/interactions?q=${query}`)).json();
    await post(`${url}/api/feedback`, { interaction: items[0].id, rating, comment });
  }
}
