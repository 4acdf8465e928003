// The jobs for which a filter holds: the newest ones as they change, and older ones page by page.

import {ask} from "./api.js";
import {Watch} from "./watch.js";

const pageJobs = 100;

export class JobQuery {
  #on;
  #watch;
  #jobs = new Map();       // by name
  #isWhole = false;        // the list of this connection has come
  #removed = new Set();    // names that the stream took away while pages are read
  #reading = null;
  #pages = 0;              // that were read
  #token = "";             // of the page after them
  #hasMore = null;         // whether there is one; null: not known yet
  #rowsMax = 2 * pageJobs;

  // `on` has change(): something else is to be shown; status and state as a Watch calls them.
  constructor(filter, on) {
    this.filter = filter;
    this.#on = on;
    this.#watch = new Watch(["status", "jobs"], "", {
      status: (status) => on.status(status),
      jobs: (news) => this.#take(news),
    }, (state, error) => {
      if (state === "lost") this.#isWhole = false;
      on.state(state, error);
    }, filter);
  }

  close() {
    this.#watch.close();
    this.#reading?.abort();
  }

  // Newest first. Those that have not ended come with the stream, however old they are.
  get jobs() {
    return [...this.#jobs.values()].sort((a, b) => b.createTime - a.createTime)
      .slice(0, this.#rowsMax);
  }

  // Whether showOlder() would show more; null: not known yet.
  get hasOlder() { return this.#jobs.size > this.#rowsMax || this.#hasMore; }

  // Throws what kept it from being read; then the same can be asked for again.
  async showOlder() {
    if (this.#reading) return;
    if (this.#hasMore) await this.#read(1);
    this.#rowsMax += pageJobs;
    this.#on.change();
  }

  // What is older still, and no longer told of, stays.
  #take({jobs, removed, older}) {
    if (!this.#isWhole) this.#begin();
    for (const job of jobs) {
      this.#jobs.set(job.name, job);
      this.#removed.delete(job.name);
    }
    const kept = new Set(older);
    for (const name of removed.filter((one) => !kept.has(one))) {
      this.#jobs.delete(name);
      this.#removed.add(name);
    }
    this.#on.change();
  }

  // The first list after a connection is whole. Behind it as many pages are read as were there.
  #begin() {
    this.#isWhole = true;
    this.#jobs.clear();
    this.#reading?.abort();
    const pages = Math.max(1, this.#pages);
    this.#pages = 0;
    this.#token = "";
    this.#hasMore = null;
    this.#read(pages).then(() => this.#on.change(), () => this.#on.change());
  }

  async #read(pages) {
    const reading = new AbortController();
    this.#reading = reading;
    this.#removed.clear();
    try {
      do await this.#readOne(reading.signal); while (--pages > 0 && this.#hasMore);
    } catch (error) {
      if (!reading.signal.aborted) this.#hasMore = true;  // for all that is known
      throw error;
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
  }

  // What the stream has told of the same jobs is newer.
  async #readOne(signal) {
    const query = new URLSearchParams(
      {filter: this.filter, page_size: pageJobs, page_token: this.#token});
    const {jobs, nextPageToken} = await ask(`v1/jobs?${query}`, signal);
    signal.throwIfAborted();
    for (const job of jobs)
      if (!this.#jobs.has(job.name) && !this.#removed.has(job.name)) this.#jobs.set(job.name, job);
    this.#token = nextPageToken;
    this.#hasMore = nextPageToken !== "";
    ++this.#pages;
  }
}
