# The scenarios as an application writes them with Python's `openai`; argv[1] names the instrumentation.
import json
import os
import sys

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

which = sys.argv[1]
urls = json.loads(os.environ["CAPTURE_URLS"])
memory = InMemorySpanExporter()
log_memory = None

if which.startswith("logfire"):
    import logfire

    logfire.configure(
        send_to_logfire=False,
        console=False,
        service_name="travel",
        additional_span_processors=[SimpleSpanProcessor(memory)],
    )
else:
    provider = TracerProvider(resource=Resource.create({"service.name": "travel"}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    if which == "openinference":
        from openinference.instrumentation.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=provider)
    elif which == "genai-openai":
        os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
        from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=provider)
    elif which == "openai-v2":
        os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true"
        from opentelemetry._logs import set_logger_provider
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

        log_memory = InMemoryLogRecordExporter()
        loggers = LoggerProvider()
        loggers.add_log_record_processor(SimpleLogRecordProcessor(log_memory))
        set_logger_provider(loggers)
        OpenAIInstrumentor().instrument(tracer_provider=provider, logger_provider=loggers)
    elif which == "traceloop":
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=provider)

from openai import OpenAI

KINDS = {"INTERNAL": 0, "SERVER": 1, "CLIENT": 2, "PRODUCER": 3, "CONSUMER": 4}
STATUS = {"UNSET": 0, "OK": 1, "ERROR": 2}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


def client(url):
    made = OpenAI(api_key="test", base_url=url, max_retries=0)
    if which == "logfire":
        logfire.instrument_openai(made)
    elif which == "logfire-1":
        logfire.instrument_openai(made, version=1)
    return made


def chat(url):
    client(url).chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "system", "content": "You are a travel agent."},
            {"role": "user", "content": "What is the capital of Portugal?"},
        ],
        temperature=0.2,
        max_tokens=64,
    )


def stream(url):
    answer = client(url).chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Is it sunny in Lisbon?"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    for _ in answer:
        pass


def tools(url):
    made = client(url)
    messages = [{"role": "user", "content": "How is the weather in Lisbon?"}]
    first = made.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[WEATHER])
    answer = first.choices[0].message
    messages.append(answer.model_dump(exclude_none=True))
    messages.append(
        {"role": "tool", "tool_call_id": answer.tool_calls[0].id, "content": json.dumps({"sky": "clear"}, separators=(",", ":"))}
    )
    made.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[WEATHER])


def error(url):
    client(url).chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "What is the capital of Portugal?"}]
    )


def embeddings(url):
    client(url).embeddings.create(model="text-embedding-3-small", input="Lisbon", encoding_format="float")


def responses(url):
    client(url).responses.create(
        model="gpt-4o-mini",
        instructions="You are a travel agent.",
        input="What is the capital of Portugal?",
        temperature=0.2,
        max_output_tokens=64,
    )


def moment(nanos):
    return [nanos // 10**9, nanos % 10**9]


def span_data(span):
    data = {
        "name": span.name,
        "kind": KINDS[span.kind.name],
        "traceId": format(span.context.trace_id, "032x"),
        "spanId": format(span.context.span_id, "016x"),
        "startTime": moment(span.start_time),
        "endTime": moment(span.end_time),
        "attributes": dict(span.attributes),
        "resource": {"service.name": span.resource.attributes["service.name"]},
        "status": {"code": STATUS[span.status.status_code.name]},
        "scope": {"name": span.instrumentation_scope.name, "version": span.instrumentation_scope.version},
    }
    if span.parent:
        data["parentSpanId"] = format(span.parent.span_id, "016x")
    if span.status.description:
        data["status"]["message"] = span.status.description
    if span.events:
        data["events"] = [
            {"name": event.name, "time": moment(event.timestamp), "attributes": dict(event.attributes)}
            for event in span.events
        ]
    return data


def log_data(entry):
    record = entry.log_record
    data = {
        "eventName": record.event_name,
        "time": moment(record.timestamp or record.observed_timestamp),
        "traceId": format(record.trace_id, "032x"),
        "spanId": format(record.span_id, "016x"),
        "attributes": dict(record.attributes or {}),
    }
    if record.body is not None:
        data["body"] = record.body
    return data


captured = {}
for run in (chat, stream, tools, error, embeddings, responses):
    try:
        run(urls[run.__name__])
    except Exception as failed:  # noqa: BLE001
        if run is not error:
            raise
    captured[run.__name__] = {"spans": [span_data(span) for span in memory.get_finished_spans()]}
    memory.clear()
    if log_memory:
        captured[run.__name__]["logs"] = [log_data(entry) for entry in log_memory.get_finished_logs()]
        log_memory.clear()
with open(os.environ["CAPTURE_OUT"], "w", encoding="utf-8") as out:
    json.dump(captured, out, default=str)
