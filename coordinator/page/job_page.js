// One job: its curves as they grow, its ranks, log, checkpoints, attempts, events, failure and spec.

import {ask} from "./api.js";
import {ChartPanel} from "./chart_panel.js";
import {Curves} from "./curves.js";
import {make, show} from "./dom.js";
import {Drawing} from "./drawing.js";
import {attempts, checkpoints, events, failure, head, ranks, spec} from "./job_sections.js";
import {LogPanel} from "./log_panel.js";
import {shortName} from "./text.js";
import {Watch} from "./watch.js";

const eventsMax = 500;

export class JobPage {
  #name;
  #job = null;
  #checkpoints = [];
  #attempts = [];
  #events = [];
  #pools = [];
  #isClosed = false;
  #watch = null;
  #drawing = new Drawing(() => this.#drawNow());

  constructor(main, connection, id) {
    this.#name = `jobs/${id}`;
    this.connection = connection;
    this.curves = new Curves(this.#name);
    this.panel = new ChartPanel();
    this.logs = new LogPanel(this.#name);
    this.sections = Object.fromEntries(
      ["head", "failure", "ranks", "checkpoints", "attempts", "events", "spec"]
        .map((name) => [name, make("div", {})]));
    const {head: top, failure: failed, ranks: places, ...rest} = this.sections;
    document.title = `${id} – Descent`;
    main.append(make("h1", {}, id), top, failed, this.panel.element, places, this.logs.element,
      ...Object.values(rest));
    this.#start(id);
  }

  close() {
    this.#isClosed = true;
    this.#watch?.close();
    this.#drawing.close();
    this.panel.destroy();
    this.logs.close();
  }

  // The curve as it is, then the stream from its end on.
  async #start(id) {
    try {
      await this.curves.load();
    } catch (error) {
      const isFinal = [401, 403, 404].includes(error.status);
      if (!this.#isClosed) this.connection.onState(isFinal ? "refused" : "lost", error);
      if (!isFinal && !this.#isClosed) setTimeout(() => this.#start(id), 1000);
      return;
    }
    if (this.#isClosed) return;
    this.logs.open();
    const topics = ["status", `job/${id}`, `job/${id}/events`, `job/${id}/metrics`];
    this.#watch = new Watch(topics, `${id}:${this.curves.cursor}`, {
      status: (status) => this.#takeStatus(status),
      job: (job) => this.#takeJob(job),
      events: ({events: more}) => this.#takeEvents(more),
      metrics: ({series}) => { this.curves.add(series); this.panel.draw(); },
      deleted: () => this.#takeDeletion(),
    }, (state, error) => this.connection.onState(state, error));
  }

  #takeStatus(status) {
    this.connection.onStatus(status);
    this.#pools = status.pools;
    this.#drawing.ask();
  }

  #takeDeletion() {
    this.#watch.close();
    this.connection.onState("refused", {status: 404, message: `${this.#name} was deleted`});
  }

  // While the stream was lost another job may have got the name.
  #takeJob(job) {
    if (this.#job && this.#job.uid !== job.uid) return this.#takeDeletion();
    this.#job = job;
    this.logs.setJob(job);
    this.panel.setJobs([{label: shortName(job.name), curves: this.curves, ...scaleOf(job)}]);
    this.#drawing.ask();
  }

  #drawNow() {
    show(this.sections.ranks, ranks(this.#name, this.#job, this.#pools));
    if (!this.#job) return;
    show(this.sections.head, head(this.#job));
    show(this.sections.failure, failure(this.#job));
    show(this.sections.spec, spec(this.#job));
  }

  // What events are about has changed with them.
  async #takeEvents(more) {
    this.#events = [...this.#events, ...more].slice(-eventsMax);
    show(this.sections.events, events(this.#events));
    try {
      const [kept, tries] = await Promise.all(
        [ask(`v1/${this.#name}/checkpoints`), ask(`v1/${this.#name}/attempts`)]);
      this.#checkpoints = kept.checkpoints;
      this.#attempts = tries.attempts;
    } catch {
      return;  // the stream says when the coordinator is away
    }
    show(this.sections.checkpoints, checkpoints(this.#checkpoints));
    show(this.sections.attempts, attempts(this.#attempts));
    this.logs.setAttempts(this.#attempts.map(({attempt}) => attempt));
  }
}

// What turns a step into samples and an epoch, and a time into one since the start.
export function scaleOf(job) {
  const batch = Number(job.spec.batch?.global ?? 0), samples = Number(job.trainSamples);
  return {samplesPerStep: batch > 0 ? batch : NaN,
    stepsPerEpoch: batch > 0 && samples > 0 ? samples / batch : NaN, startTime: job.startTime};
}
