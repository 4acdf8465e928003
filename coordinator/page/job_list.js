// All jobs: their states, what they reached and when they are done; chosen ones can be compared.

import {card, make, show, table} from "./dom.js";
import {badge, bar, jobLink, remaining, runtime, why} from "./job_parts.js";
import {JobQuery} from "./job_query.js";
import {duration, integer, latest, none, shortName, significant, size, stateOf} from "./text.js";

const typingMilliseconds = 300;
// The values are terms of a filter.
const states = [["", "all"],
  ["state != SUCCEEDED AND state != FAILED AND state != CANCELLED", "not at their end"],
  ["state = RUNNING", "running"], ["state = QUEUED", "waiting"], ["state = SUSPENDED", "suspended"],
  ["state = SUCCEEDED", "succeeded"], ["state = FAILED", "failed"], ["state = CANCELLED", "cancelled"]];

// Words with an operator are a filter themselves, as of v1/jobs; others are a part of a name.
export function termOf(words) {
  if (words === "" || /[=:<>]/.test(words)) return words;
  return `name:"${words.replace(/["\\]/g, "\\$&")}"`;
}

export class JobList {
  #connection;
  #query = null;  // of what is shown
  #next = null;   // not answered yet
  #timer = null;
  #chosen = new Set();

  constructor(main, connection) {
    this.#connection = connection;
    this.figures = make("div", {});
    this.list = make("div", {});
    this.words = make("input", {type: "search", size: 26, placeholder: "name, or labels.team = nlp",
      "aria-label": "Name contains, or a filter"});
    this.state = make("select", {"aria-label": "State"},
      ...states.map(([value, text]) => make("option", {value}, text)));
    this.compare = make("a", {class: "button", role: "link", "aria-disabled": "true"}, "Compare");
    this.problem = make("p", {class: "problem", role: "alert"});
    this.count = make("p", {class: "quiet", role: "status"});
    this.older = make("button", {type: "button", hidden: true, onclick: () => this.#showOlder()},
      "Show older");
    const controls = make("form", {class: "controls", role: "search",
      onsubmit: (event) => event.preventDefault(),
      oninput: () => this.#noticeInput(), onchange: () => this.#noticeInput()},
      make("label", {}, "Filter ", this.words), make("label", {}, "State ", this.state), this.compare);
    main.append(make("h1", {class: "hidden"}, "Jobs"), this.figures,
      card("Jobs", controls, this.problem, this.list,
        make("div", {class: "controls"}, this.count, this.older)));
    this.#open();
  }

  close() {
    clearTimeout(this.#timer);
    this.#query?.close();
    this.#next?.close();
  }

  #filter() {
    return [termOf(this.words.value.trim()), this.state.value].filter(Boolean).join(" AND ");
  }

  #noticeInput() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#filter() !== (this.#next ?? this.#query).filter) this.#open();
    }, typingMilliseconds);
  }

  // What is shown stays until the coordinator has answered.
  #open() {
    this.#next?.close();
    const query = new JobQuery(this.#filter(), {
      change: () => this.#take(query),
      status: (status) => { this.#connection.onStatus(status); this.#drawFigures(status); },
      state: (state, error) => this.#takeState(state, error),
    });
    this.#next = query;
  }

  #take(query) {
    if (query === this.#next) {
      this.#query?.close();
      this.#query = query;
      this.#next = null;
      this.problem.textContent = "";
    }
    this.#draw();
  }

  #takeState(state, error) {
    if (error?.reason === "FILTER_INVALID") this.problem.textContent = error.message;
    else this.#connection.onState(state, error);
  }

  async #showOlder() {
    const before = this.#query.jobs.length;
    try {
      await this.#query.showOlder();
      this.problem.textContent = "";
    } catch (error) {
      if (error.name !== "AbortError") this.problem.textContent = `Older jobs: ${error.message}`;
      return;
    }
    // Who got here by keys goes on with what has come.
    if (this.older.hidden) this.list.querySelectorAll("tbody a")[before]?.focus();
  }

  #drawCount(shown) {
    const {hasOlder} = this.#query, jobs = `${integer(shown)} ${shown === 1 ? "job" : "jobs"} shown`;
    const rest = hasOlder ? "; there are older ones" : hasOlder === false ? "; there are no others" : "";
    show(this.count, shown > 0 ? `${jobs}${rest}.` : "");
    this.older.hidden = !hasOlder;
  }

  #draw() {
    const {jobs, filter} = this.#query;
    const columns = [{title: "Job"}, {title: "State"}, {title: "Progress"},
      {title: "Loss", number: true}, {title: "Validation", number: true},
      {title: "Samples/s", number: true}, {title: "Remaining", number: true},
      {title: "Workers", number: true}, {title: "Run time", number: true}, {title: "Age", number: true}];
    const now = Date.now() / 1000;
    const empty = filter === ""
      ? make("span", {}, "No job yet. Start one with ", make("code", {}, "descent submit FILE"), ".")
      : "No job is like that.";
    show(this.list, table("Jobs", columns, jobs.map((job) => this.#row(job, now)), empty));
    // The state of a check box is not in its HTML.
    this.list.querySelectorAll("input").forEach((box) => {
      box.checked = this.#chosen.has(box.dataset.key);
      box.onchange = () => this.#choose(box);
    });
    this.#drawCount(jobs.length);
  }

  #row(job, now) {
    const id = shortName(job.name), state = stateOf(job), isRunning = state === "RUNNING";
    const reason = isRunning || state === "SUCCEEDED" ? "" : why(job);
    return [
      make("span", {class: "name"}, make("input", {type: "checkbox", "data-key": id,
        "aria-label": `Compare ${id}`}), jobLink(job.name)),
      make("span", {}, badge(state), reason ? make("span", {class: "why"}, reason) : null),
      bar(job), significant(latest(job, "train/loss")), significant(latest(job, "validation/loss")),
      isRunning ? integer(job.progress.samplesPerSecond) : none, remaining(job),
      job.currentAttempt ? String(job.currentAttempt.worldSize) : none,
      runtime(job, now), duration(now - job.createTime)];
  }

  #choose(box) {
    if (box.checked) this.#chosen.add(box.dataset.key);
    else this.#chosen.delete(box.dataset.key);
    const isReady = this.#chosen.size >= 2;
    this.compare.textContent = isReady ? `Compare ${this.#chosen.size} jobs` : "Compare";
    if (isReady) this.compare.setAttribute("href", `#/compare/${[...this.#chosen].join(",")}`);
    else this.compare.removeAttribute("href");
    this.compare.setAttribute("aria-disabled", String(!isReady));
  }

  #drawFigures({jobs, workers, slots, disk}) {
    const figures = [
      [jobs.RUNNING + jobs.STARTING + jobs.RECOVERING, "running jobs"], [jobs.QUEUED, "waiting jobs"],
      [workers.ready, "workers ready"], [`${slots.cpu.allocated} / ${slots.cpu.total}`, "slots in use"],
      [size(disk.checkpointBytes), "checkpoints"], [size(disk.freeBytes), "disk free"]];
    show(this.figures, make("dl", {class: "figures", "aria-label": "Cluster"},
      ...figures.map(([value, label]) =>
        make("div", {}, make("dt", {}, label), make("dd", {}, String(value))))));
  }
}
