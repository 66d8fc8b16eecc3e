#!/usr/bin/env bash
# From the packed package to the conversation of an application of one's own on the page. The numbered commands are what a
# person types; the rest of this script takes the place of the person's terminals, application and eyes.
# Background jobs get process groups of their own: npx does not pass a signal on to what it started.
set -euom pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/spanport-own.XXXXXX")
export XDG_DATA_HOME=$work/data NO_COLOR=1 npm_config_audit=false npm_config_fund=false
background=()
trap 'for each in "${background[@]}"; do kill -- "-$each" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT

# Any free port: 4318 may be that of a gateway that is in use here.
port=$(node --input-type=module --eval \
  "import { freePorts } from '$repository/collector/server.mjs'; console.log((await freePorts(1))[0])")
mkdir "$work/project" && cd "$work/project"
cat >app.mjs <<'APP'
import OpenAI from 'openai';
const { choices } = await new OpenAI().chat.completions.create({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Is the shop open on Sunday?' }],
});
console.log(choices[0].message.content);
APP

(cd "$repository" && npm pack --silent --pack-destination "$work" >/dev/null)  # 1
npm init --yes >/dev/null                                                       # 2
npm install --silent "$work"/spanport-*.tgz openai @opentelemetry/api           # 3
npm install --silent libsql                                                     # 4, on Node 20 alone
npx spanport up --port "$port" >"$work/up" &                                    # 5
background+=($!)

until grep -q 'listens at' "$work/up"; do kill -0 "${background[0]}" || exit 1; sleep 0.2; done
page=$(sed -n 's/^Spanport listens at //p' "$work/up")
cat >fake.mjs <<'FAKE'
import { startFakeOpenAI } from 'spanport/testing';
console.log((await startFakeOpenAI()).baseURL);
FAKE
node fake.mjs >"$work/fake" &
background+=($!)
until [ -s "$work/fake" ]; do sleep 0.2; done
export OPENAI_API_KEY=not-a-key OPENAI_BASE_URL
OPENAI_BASE_URL=$(cat "$work/fake")

node --import spanport/register app.mjs                                         # 6

for _ in $(seq 1500); do
  if curl -sf "$page/api/conversations" | grep -q 'Is the shop open on Sunday'; then
    echo "Six commands: the conversation is at $page."
    exit 0
  fi
  sleep 0.2
done
echo 'The conversation did not arrive.'
exit 1
