// Follows v1/watch. EventSource can send no token, so this reads the stream itself.

import {headers, refusal} from "./api.js";

const retryMilliseconds = 1000;
const silenceMilliseconds = 40000;  // the coordinator speaks at least every 15 s

// Cuts Server-Sent Events out of text that comes in pieces.
export class EventParser {
  #text = "";

  // The events that `piece` completes, as {type, id, data}; a comment has no data.
  push(piece) {
    const blocks = (this.#text + piece).split("\n\n");
    this.#text = blocks.pop();
    return blocks.map((block) => {
      const event = {type: "message", id: "", data: ""};
      for (const line of block.split("\n")) {
        const [, field, value] = line.match(/^([a-z]*): ?(.*)$/s) ?? [];
        if (field === "event") event.type = value;
        if (field === "id") event.id = value;
        if (field === "data") event.data += value;
      }
      return event;
    });
  }
}

// Calls on[type](data) for each event of `topics`, and onState("live"), ("lost", error) or
// ("refused", error), until it is closed. Reconnects by itself and goes on where it was. `filter` is
// that of the topic jobs.
export class Watch {
  #closed = new AbortController();
  #cursor;
  #path;

  constructor(topics, cursor, on, onState, filter = "") {
    this.#cursor = cursor;
    this.#path = `v1/watch?${new URLSearchParams({topics: topics.join(","), filter})}`;
    this.#run(on, onState);
  }

  close() { this.#closed.abort(); }

  async #run(on, onState) {
    while (!this.#closed.signal.aborted) {
      try {
        await this.#follow(on, onState);
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        const isFinal = [400, 401, 403, 404].includes(error.status);
        onState(isFinal ? "refused" : "lost", error);
        if (isFinal) return;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMilliseconds));
    }
  }

  async #follow(on, onState) {
    const silence = new AbortController();
    const signal = AbortSignal.any([this.#closed.signal, silence.signal]);
    const answer = await fetch(this.#path, {headers: headers({"Last-Event-ID": this.#cursor}), signal});
    if (!answer.ok) throw await refusal(answer);
    onState("live");
    const parser = new EventParser();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const timer = setTimeout(() => silence.abort(), silenceMilliseconds);
      const {value, done} = await reader.read().finally(() => clearTimeout(timer));
      if (done) throw new Error("the coordinator closed the connection");
      for (const event of parser.push(value)) {
        if (event.data && on[event.type]) on[event.type](JSON.parse(event.data));
        if (event.id) this.#cursor = event.id;
      }
    }
  }
}
