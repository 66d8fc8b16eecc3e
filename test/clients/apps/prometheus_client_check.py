"""Reads /metrics with Prometheus' own parser, and checks what `promtool check metrics` checks of names and help texts."""

import json
import os
import re
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

request = urllib.request.Request(
    os.environ["GATEWAY_URL"] + "/metrics", headers={"authorization": "Bearer " + os.environ["CLIENT_KEY"]}
)
with urllib.request.urlopen(request) as response:
    text = response.read().decode()

families = list(text_string_to_metric_families(text))
problems = []
for family in families:
    if not family.documentation:
        problems.append(family.name + " has no help text")
    # The parser takes the suffix off the name of a counter.
    name = family.name + "_total" if family.type == "counter" else family.name
    if family.type == "counter" and "# TYPE " + name + " counter" not in text:
        problems.append(family.name + " is a counter without the suffix _total")
    if family.type != "counter" and name.endswith(("_total", "_count", "_sum", "_bucket")):
        problems.append(name + " has a suffix of another type")
    if re.search(r"(milliseconds|minutes|kilobytes|megabytes|percent)", name):
        problems.append(name + " does not use a base unit")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        problems.append(name + " is not in snake case")
print(json.dumps({"families": [family.name for family in families], "problems": problems}))
