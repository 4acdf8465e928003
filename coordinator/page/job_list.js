// All jobs: their states, what they reached and when they are done; chosen ones can be compared.

import {card, make, show, table} from "./dom.js";
import {badge, bar, jobLink, remaining, runtime, why} from "./job_parts.js";
import {duration, integer, isOver, latest, none, shortName, significant, size, stateOf} from "./text.js";
import {Watch} from "./watch.js";

const shownMax = 200;
const filters = [["all", "all"], ["active", "not at their end"], ["RUNNING", "running"],
  ["QUEUED", "waiting"], ["SUSPENDED", "suspended"], ["SUCCEEDED", "succeeded"], ["FAILED", "failed"],
  ["CANCELLED", "cancelled"]];

export class JobList {
  #jobs = new Map();
  #chosen = new Set();
  #hasList = false;

  constructor(main, connection) {
    this.figures = make("div", {});
    this.list = make("div", {});
    this.words = make("input", {type: "search", placeholder: "name", "aria-label": "Name contains"});
    this.state = make("select", {"aria-label": "State"},
      ...filters.map(([value, text]) => make("option", {value}, text)));
    this.compare = make("a", {class: "button", role: "link", "aria-disabled": "true"}, "Compare");
    const controls = make("form", {class: "controls", role: "search", onsubmit: (e) => e.preventDefault()},
      make("label", {}, "Filter ", this.words), make("label", {}, "State ", this.state), this.compare);
    for (const control of [this.words, this.state])
      control.addEventListener("input", () => this.#draw());
    main.append(make("h1", {class: "hidden"}, "Jobs"), this.figures,
      card("Jobs", controls, this.list));
    this.watch = new Watch(["status", "jobs"], "", {
      status: (status) => { connection.onStatus(status); this.#drawFigures(status); },
      jobs: (change) => this.#take(change),
    }, (state, error) => {
      if (state === "lost") this.#hasList = false;
      connection.onState(state, error);
    });
  }

  close() { this.watch.close(); }

  // The first list after a connection is whole.
  #take({jobs, removed}) {
    if (!this.#hasList) this.#jobs.clear();
    this.#hasList = true;
    jobs.forEach((job) => this.#jobs.set(job.name, job));
    removed.forEach((name) => this.#jobs.delete(name));
    this.#draw();
  }

  #isShown(job) {
    const wanted = this.state.value;
    if (!shortName(job.name).includes(this.words.value.trim())) return false;
    return wanted === "all" || (wanted === "active" ? !isOver(job) : stateOf(job) === wanted);
  }

  #draw() {
    const jobs = [...this.#jobs.values()].filter((job) => this.#isShown(job))
      .sort((a, b) => b.createTime - a.createTime).slice(0, shownMax);
    const columns = [{title: "Job"}, {title: "State"}, {title: "Progress"},
      {title: "Loss", number: true}, {title: "Validation", number: true},
      {title: "Samples/s", number: true}, {title: "Remaining", number: true},
      {title: "Workers", number: true}, {title: "Run time", number: true}, {title: "Age", number: true}];
    const now = Date.now() / 1000;
    const empty = this.#jobs.size === 0
      ? make("span", {}, "No job yet. Start one with ", make("code", {}, "descent submit FILE"), ".")
      : "No job is like that.";
    show(this.list, table("Jobs", columns, jobs.map((job) => this.#row(job, now)), empty));
    // The state of a check box is not in its HTML.
    this.list.querySelectorAll("input").forEach((box) => {
      box.checked = this.#chosen.has(box.dataset.key);
      box.onchange = () => this.#choose(box);
    });
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
