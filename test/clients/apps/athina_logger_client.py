"""athina-logger: an inference with every field, the openai wrapper, feedback and a trace."""

import json
import os
import threading

import openai
from athina_logger.api_key import AthinaApiKey
from athina_logger.athina_meta import AthinaMeta
from athina_logger.feedback.user_feedback import UserFeedback
from athina_logger.inference_logger import InferenceLogger
from athina_logger.openai_wrapper import openai as wrapped
from athina_logger.tracing.trace import Trace


def settle():
    """The client logs in threads."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


AthinaApiKey.set_api_key(os.environ["CLIENT_KEY"])
inference = {
    "prompt": [{"role": "system", "content": "You are a clerk."}, {"role": "user", "content": "When are you open?"}],
    "response": "Nine to five.",
    "prompt_slug": "clerk/v2",
    "language_model_id": "gpt-4o-mini",
    "response_time": 812,
    "context": {"docs": ["hours page"]},
    "environment": "staging",
    "customer_id": 77,
    "customer_user_id": "u-9",
    "session_id": "desk-1",
    "user_query": "When are you open?",
    "external_reference_id": "ref-42",
    "prompt_tokens": 31,
    "completion_tokens": 12,
    "total_tokens": 43,
    "expected_response": "9-17",
    "custom_attributes": {"shop": "north", "tries": 2},
    "custom_eval_metrics": {"tone": 0.9},
    "cost": 0.00042,
    "model_options": {"temperature": 0.2, "max_completion_tokens": 64, "stop": ["END"], "top_p": 0.9},
}
InferenceLogger.log_inference(**inference)
settle()

UserFeedback.log_user_feedback(external_reference_id="ref-42", user_feedback=-1, user_feedback_comment="wrong day")

wrapped.api_key = "provider-key"
wrapped.base_url = os.environ["MODEL_URL"] + "/"
completion = wrapped.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "When are you open?"}],
    athina_meta=AthinaMeta(prompt_slug="wrap", session_id="wrapped-1", customer_user_id="u-w", external_reference_id="wrap-1"),
)
settle()

trace = Trace(name="answer a question", attributes={"shop": "north"})
span = trace.create_span(name="find documents", span_type="retrieval", input={"query": "hours"})
span.create_generation(
    name="rewrite",
    prompt=[{"role": "user", "content": "hours?"}],
    response="opening hours",
    language_model_id="gpt-4o-mini",
    session_id="traced-1",
    prompt_tokens=3,
    completion_tokens=2,
)
trace.end()
settle()

refused = None
AthinaApiKey.set_api_key("wrong-key")
try:
    UserFeedback.log_user_feedback(external_reference_id="ref-42", user_feedback=1)
except Exception as error:
    refused = str(error)
print(json.dumps({"response_id": completion.id, "refused": refused, "openai": openai.__version__}))
