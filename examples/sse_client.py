"""Reads a stream of tokens with the standard library alone. python3 examples/sse_client.py URL [PROMPT]"""

import json
import sys
import urllib.error
import urllib.request


def server_sent_events(response):
    """The events of a stream: (event, data) with data as parsed JSON."""
    event = data = None
    for line in response:
        name, _, value = line.decode("utf-8").rstrip("\r\n").partition(": ")
        if name == "event":
            event = value
        elif name == "data":
            data = json.loads(value)
        elif data is not None:  # an empty line ends the event
            yield event, data
            event = data = None


def generate(url, **request):
    """Generates after a prompt; gives each event when it comes."""
    call = urllib.request.Request(
        url.rstrip("/") + "/stream/generate",
        data=json.dumps(request).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(call) as response:
            for event, data in server_sent_events(response):
                if event == "error":
                    raise RuntimeError(data["error"])
                yield event, data
    except urllib.error.HTTPError as error:
        raise RuntimeError(json.load(error)["error"]) from None


if __name__ == "__main__":
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
    prompt = sys.argv[2] if len(sys.argv) > 2 else "Once upon a time"
    print(prompt, end="", flush=True)
    for event, data in generate(url, prompt=prompt, max_tokens=40):
        if event == "token":
            print(data["text"], end="", flush=True)
        else:
            print(f"\n{data['num_generated']} tokens, {data['finish_reason']}")
