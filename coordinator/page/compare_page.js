// Several jobs over each other: their curves, what they reached, and where their specs differ.

import {ask} from "./api.js";
import {ChartPanel} from "./chart_panel.js";
import {Curves} from "./curves.js";
import {card, make, show, table} from "./dom.js";
import {termOf} from "./job_list.js";
import {badge, jobLink} from "./job_parts.js";
import {scaleOf} from "./job_page.js";
import {shortName, significant, stateOf} from "./text.js";
import {Watch} from "./watch.js";

const refreshMilliseconds = 3000;
const comparedMax = 20;
const typingMilliseconds = 300;

export class ComparePage {
  #jobs = new Map();  // by id: {label, curves, samplesPerStep, stepsPerEpoch, startTime}
  #isClosed = false;
  #watch = null;
  #timer = null;

  constructor(main, connection, ids) {
    this.connection = connection;
    this.ids = (ids ?? "").split(",").filter(Boolean).slice(0, comparedMax);
    this.choice = make("div", {});
    this.panel = new ChartPanel();
    this.reached = make("div", {});
    this.differences = make("div", {});
    main.append(make("h1", {}, "Compare"), this.choice, this.panel.element, this.reached,
      this.differences);
    this.#start();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.typing);
    this.#watch?.close();
    this.panel.destroy();
  }

  async #start() {
    try {
      const {jobs} = await ask("v1/jobs?page_size=100");
      this.#drawChoice(jobs.map(({name}) => shortName(name)));
      await Promise.all(this.ids.map((id) => this.#load(id)));
      if (this.ids.length >= 2) await this.#refresh();
    } catch (error) {
      const isFinal = [401, 403, 404].includes(error.status);
      if (!this.#isClosed) this.connection.onState(isFinal ? "refused" : "lost", error);
      if (!isFinal && !this.#isClosed) this.#timer = setTimeout(() => this.#start(), 1000);
      return;
    }
    if (this.#isClosed) return;
    this.panel.setJobs([...this.#jobs.values()]);
    const cursor = [...this.#jobs].map(([id, {curves}]) => `${id}:${curves.cursor}`).join(" ");
    this.#watch = new Watch(["status", ...this.ids.map((id) => `job/${id}/metrics`)], cursor, {
      status: (status) => this.connection.onStatus(status),
      metrics: ({job, series}) => this.#take(job, series),
    }, (state, error) => this.connection.onState(state, error));
  }

  async #load(id) {
    const curves = new Curves(`jobs/${id}`);
    const [job] = await Promise.all([ask(`v1/jobs/${id}`), curves.load()]);
    this.#jobs.set(id, {label: id, curves, ...scaleOf(job)});
  }

  #take(name, series) {
    this.#jobs.get(shortName(name)).curves.add(series);
    this.panel.draw();
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#refresh().catch(() => {});  // the stream says when the coordinator is away
    }, refreshMilliseconds);
  }

  // What the jobs reached, and where their specs differ: a table for each.
  async #refresh() {
    const {jobs, differences} = await ask(`v1/metrics:compare?jobs=${this.ids.join(",")}`);
    if (this.#isClosed) return;
    const names = [...new Set(jobs.flatMap(({metrics}) => metrics.map(({name}) => name)))].sort();
    const columns = [{title: "Metric"}, ...jobs.map(({name}) => ({title: shortName(name), number: true}))];
    const rows = names.map((name) => [name, ...jobs.map(({metrics}) =>
      reached(metrics.find((one) => one.name === name)))]);
    show(this.reached, card("What they reached",
      make("p", {class: "headline"}, ...jobs.map((job) =>
        make("span", {}, jobLink(job.name), " ", badge(stateOf(job))))),
      table("What they reached", columns, rows, "Nothing is measured yet.")));
    show(this.differences, card("Where their specs differ", table("Where their specs differ",
      [{title: "Field"}, ...columns.slice(1)],
      differences.map(({field, values}) => [field, ...values.map((value) => value || "not there")]),
      "Nowhere, but for their names.")));
  }

  #drawChoice(newest) {
    this.boxes = make("div", {class: "choice"});
    this.problem = make("p", {class: "problem", role: "alert"});
    this.words = make("input", {type: "search", placeholder: "part of a name, or a filter",
      "aria-label": "Name contains, or a filter", oninput: () => this.#noticeInput()});
    const form = make("form", {}, make("p", {class: "controls"},
      make("label", {}, "Find ", this.words), make("button", {}, "Compare")), this.problem, this.boxes);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      location.hash = `#/compare/${this.#chosen().join(",")}`;
    });
    this.#offer(this.ids, newest);
    this.choice.replaceChildren(card("Jobs", make("details", {open: this.ids.length < 2},
      make("summary", {}, `${this.ids.length} chosen`), form)));
  }

  #chosen() {
    return [...this.boxes.querySelectorAll("input:checked")].map(({value}) => value);
  }

  // Those that are chosen stay, whatever is looked for.
  #offer(chosen, others) {
    this.boxes.replaceChildren(...[...new Set([...chosen, ...others])].map((id) => make("label", {},
      make("input", {type: "checkbox", value: id, checked: chosen.includes(id)}), " ", id)));
  }

  #noticeInput() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.#find(this.words.value.trim()), typingMilliseconds);
  }

  async #find(words) {
    try {
      const {jobs} = await ask(`v1/jobs?${new URLSearchParams({page_size: 100, filter: termOf(words)})}`);
      if (words !== this.words.value.trim()) return;  // something else is looked for by now
      this.#offer(this.#chosen(), jobs.map(({name}) => shortName(name)));
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }
}

function reached(summary) {
  if (!summary) return "–";
  const lowest = summary.min ? `, lowest ${significant(summary.min.value)} at ${summary.min.step}` : "";
  return `${significant(summary.last.value)}${lowest}`;
}
