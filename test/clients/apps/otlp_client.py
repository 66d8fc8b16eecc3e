"""A call to a model, traced by one of two instrumentations of openai and exported with OpenTelemetry's own exporter."""

import json
import os

from openai import OpenAI
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint=os.environ["GATEWAY_URL"] + "/v1/traces",
    headers={"authorization": "Bearer " + os.environ["CLIENT_KEY"]},
    compression=Compression.Gzip,
)
provider = TracerProvider(resource=Resource.create({"service.name": os.environ["INSTRUMENTATION"]}))
provider.add_span_processor(BatchSpanProcessor(exporter))

if os.environ["INSTRUMENTATION"] == "openinference":
    from openinference.instrumentation.openai import OpenAIInstrumentor
else:
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

OpenAIInstrumentor().instrument(tracer_provider=provider)
client = OpenAI(base_url=os.environ["MODEL_URL"], api_key="provider-key-of-python")
with provider.get_tracer("app").start_as_current_span("handle request"):
    response = client.chat.completions.create(
        model="gpt-4o-mini",
        temperature=0.3,
        messages=[{"role": "user", "content": "When are you open?"}],
    )
provider.shutdown()
print(json.dumps({"response_id": response.id, "answer": response.choices[0].message.content}))
