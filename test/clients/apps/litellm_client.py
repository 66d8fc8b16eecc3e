"""LiteLLM with its Athina callback."""

import json
import os
import threading
import time

import litellm

litellm.success_callback = ["athina"]
response = litellm.completion(
    model="openai/gpt-4o-mini",
    api_base=os.environ["MODEL_URL"],
    api_key="provider-key-of-litellm",
    temperature=0.3,
    messages=[{"role": "user", "content": "When are you open?"}],
    metadata={
        "environment": "staging",
        "prompt_slug": "lite/v1",
        "customer_id": "c1",
        "customer_user_id": "u1",
        "session_id": "s-lite",
        "external_reference_id": "lite-1",
        "tags": ["a", "b"],
        "custom_attributes": {"n": 1},
    },
)
# Callbacks run in a pool of threads that nothing can be joined on.
deadline = time.time() + 30
while time.time() < deadline and any("ThreadPool" in thread.name for thread in threading.enumerate()):
    time.sleep(0.5)
    if time.time() > deadline - 25:
        break
print(json.dumps({"response_id": response.id}))
