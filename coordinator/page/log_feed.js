// Reads a job's log answer by answer: the end of what is there, then what comes. The token of an
// answer says where the next one begins, so nothing is lost or repeated, whoever goes away meanwhile.

import {ask} from "./api.js";

const tailLines = 500;
const soonMilliseconds = 250;   // after an answer that had something new
const pauseMilliseconds = 1000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class LogFeed {
  #closed = new AbortController();
  #path;
  #token = "";

  // `filter` is a query of v1/jobs/JOB/logs. `reader` has wantsMore(), which is asked before
  // anything is, and take(lines), takeEnd() where nothing more is there now, takeGap() where lines
  // are no longer kept, and takeRefusal(error), which is the end.
  constructor(jobName, filter, reader) {
    this.#path = `v1/${jobName}/logs?${filter}`;
    this.#run(reader);
  }

  close() { this.#closed.abort(); }

  async #run(reader) {
    const {signal} = this.#closed;
    while (!signal.aborted) {
      let wait = soonMilliseconds;
      try {
        if (reader.wantsMore() && !await this.#read(reader)) wait = pauseMilliseconds;
      } catch (error) {
        if (signal.aborted || this.#isFinal(error, reader)) return;
        wait = pauseMilliseconds;
      }
      await pause(wait);
    }
  }

  // Whether there may be more.
  async #read(reader) {
    const from = this.#token ? {resume_token: this.#token} : {tail: tailLines};
    const {lines, resumeToken} = await ask(`${this.#path}&${new URLSearchParams(from)}`,
                                           this.#closed.signal);
    const isNew = resumeToken !== this.#token;
    this.#token = resumeToken;
    if (lines.length > 0) reader.take(lines);
    if (!isNew) reader.takeEnd();
    return isNew;
  }

  // Otherwise the same is asked again, until somebody answers.
  #isFinal(error, reader) {
    if (error.reason === "CURSOR_EXPIRED") {
      this.#token = error.metadata.oldest_token;
      reader.takeGap();
      return false;
    }
    const isFinal = [400, 401, 403, 404].includes(error.status);
    if (isFinal) reader.takeRefusal(error);
    return isFinal;
  }
}
