"""requestyai: an insight of messages, one of a template, and one with a wrong key."""

import json
import os

from openai.types.chat import ChatCompletion
from requestyai import AInsights

response = ChatCompletion.model_validate(
    {
        "id": "chatcmpl-r1",
        "object": "chat.completion",
        "created": 1763000000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Nine to five."}}
        ],
        "usage": {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30},
    }
)
base = os.environ["GATEWAY_URL"] + "/requesty"
insights = AInsights.new_client(api_key=os.environ["CLIENT_KEY"], base_url=base)
messages = insights.capture(
    response=response,
    messages=[{"role": "user", "content": "When are you open?"}],
    args={"model": "gpt-4o-mini", "temperature": 0.7},
    meta={"class": "hours", "session_id": "desk-1"},
    user_id="u-1",
)
template = insights.capture(response=response, template="Answer {q} in {lang}", inputs={"q": "hours", "lang": "no"})
refused = AInsights.new_client(api_key="wrong-key", base_url=base).capture(response=response, messages="Hi")


def shown(future):
    answer = future.result(timeout=30)
    return {"status": answer.status_code, "body": answer.json()}


print(json.dumps({"messages": shown(messages), "template": shown(template), "refused": shown(refused)}))
