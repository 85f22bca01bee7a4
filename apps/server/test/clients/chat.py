"""Python's standard library as a client of /v1. Usage: chat.py URL; prints one JSON line."""
import json
import sys
import urllib.error
import urllib.request

BASE = sys.argv[1]


def ask(path, body):
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.Request(BASE + path, data, {"content-type": "application/json"})


def chat(**more):
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "grüße €"}],
        "max_tokens": 12,
        "seed": 5,
        "logit_bias": {"2": -100},
    }
    return ask("/v1/chat/completions", {**body, **more})


with urllib.request.urlopen(chat()) as response:
    whole = json.load(response)["choices"][0]["message"]["content"]

streamed, done = "", False
with urllib.request.urlopen(chat(stream=True)) as response:
    for line in response:
        line = line.decode().rstrip("\r\n")
        if line == "data: [DONE]":
            done = True
        elif line.startswith("data: "):
            streamed += json.loads(line[len("data: "):])["choices"][0]["delta"].get("content") or ""

try:
    urllib.request.urlopen(chat(tools=[{"type": "function", "function": {"name": "f"}}], n=0))
    status, error = 200, None
except urllib.error.HTTPError as refused:
    status, error = refused.code, json.load(refused)["error"]

with urllib.request.urlopen(ask("/v1/models", None)) as response:
    models = [model["id"] for model in json.load(response)["data"]]

print(json.dumps({"whole": whole, "same": streamed == whole, "done": done, "status": status, "error": error, "models": models}))
