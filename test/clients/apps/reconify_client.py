"""The PyPI client of Reconify: chat and images, with a user and a session."""

import json
import os

import openai
from reconify import reconifyOpenAIHandler

gateway = os.environ["GATEWAY_URL"]
openai.api_key = "provider-key"
openai.base_url = os.environ["MODEL_URL"] + "/"
reconifyOpenAIHandler.config(
    openai,
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_KEY"],
    tracker=f"{gateway}/reconify/track",
    uploader=f"{gateway}/reconify/upload",
)
reconifyOpenAIHandler.setUser({"userId": "123", "isAuthenticated": 1, "firstName": "Francis", "lastName": "Smith"})
reconifyOpenAIHandler.setSession("desk-session")
reconifyOpenAIHandler.setSessionTimeout(15)
completion = openai.chat.completions.create(
    model="gpt-4o-mini",
    temperature=0.3,
    messages=[{"role": "system", "content": "clerk"}, {"role": "user", "content": "When are you open?"}],
)
image = openai.images.generate(model="dall-e-2", prompt="a shop", response_format="b64_json")
print(json.dumps({"response_id": completion.id, "image": image.data[0].b64_json}))
