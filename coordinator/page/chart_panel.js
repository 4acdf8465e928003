// The charts of one or several jobs, with the controls that hold for all of them.

import {Chart, onScheme, palette, smooth} from "./chart.js";
import {make} from "./dom.js";
import {Drawing} from "./drawing.js";

const axes = {
  step: {label: "step", of: (point) => point.step},
  samples: {label: "samples", of: (point, job) => point.step * job.samplesPerStep},
  epoch: {label: "epoch", of: (point, job) => point.step / job.stepsPerEpoch},
  elapsed: {label: "minutes since the start", of: (point, job) => (point.time - job.startTime) / 60},
  time: {label: "time", of: (point) => point.time * 1000, isTime: true},
};
const logAtFirst = /loss|lr|grad_norm|ratio/;

// "train/loss" and "validation/loss" share a chart.
const chartOf = (metric) => metric.replace(/^(train|validation|test)\//, "");
const titles = new Map([
  ["loss", "Loss"], ["lr", "Learning rate"], ["grad_norm", "Gradient norm"], ["accuracy", "Accuracy"],
  ["samples_per_second", "Throughput, samples/s"], ["update_ratio", "Update / weights"],
  ["noise_scale", "Gradient noise scale"], ["perplexity", "Perplexity"],
]);
const order = [...titles.keys()];
const rank = (chart) => (order.includes(chart) ? order.indexOf(chart) : order.length);

function stored(key, fallback) { return localStorage.getItem(`descent-${key}`) ?? fallback; }

export class ChartPanel {
  #charts = new Map();
  #jobs = [];
  #closed = new AbortController();
  #drawing = new Drawing(() => this.#drawNow());

  // Jobs are {label, curves, samplesPerStep, stepsPerEpoch, startTime}.
  constructor() {
    this.axis = this.#select("x axis", "axis", [["step", "step"], ["samples", "samples"],
      ["epoch", "epoch"], ["elapsed", "time since start"], ["time", "time of day"]], "step");
    this.scale = this.#select("y scale", "scale", [["linear", "linear"], ["log", "logarithmic"]],
      "linear");
    this.smoothing = this.#range();
    this.grid = make("div", {class: "charts"});
    this.element = make("div", {}, make("form", {class: "controls", "aria-label": "Charts"},
      this.axis.label, this.scale.label, this.smoothing.label), this.grid);
    onScheme(() => this.draw(), this.#closed.signal);
  }

  setJobs(jobs) {
    this.#jobs = jobs;
    this.draw();
  }

  draw() { this.#drawing.ask(); }

  destroy() {
    this.#closed.abort();
    this.#drawing.close();
    this.#charts.forEach((chart) => chart.destroy());
  }

  #drawNow() {
    const byChart = new Map();
    this.#jobs.forEach((job, i) => {
      for (const metric of [...job.curves.series.keys()].sort()) {
        const name = chartOf(metric);
        if (!byChart.has(name)) byChart.set(name, []);
        byChart.get(name).push(this.#curve(job, metric, i));
      }
    });
    for (const name of [...byChart.keys()].sort((a, b) => rank(a) - rank(b)))
      this.#chart(name).draw(byChart.get(name), axes[this.axis.value],
                             this.scale.value === "log" && logAtFirst.test(name));
  }

  #curve(job, metric, i) {
    const {of} = axes[this.axis.value];
    const needsTime = ["elapsed", "time"].includes(this.axis.value);
    const {points: known, bucketSteps} = job.curves.series.get(metric);
    const points = known.filter(({time}) => !needsTime || time > 0)
      .map((point) => ({x: of(point, job), y: point.value, low: point.low, high: point.high}));
    const isTraining = metric.startsWith("train/");
    const several = this.#jobs.length > 1;
    const split = metric.split("/")[0];
    return {
      label: several ? `${job.label} ${split}` : split, color: this.#color(split, i, several),
      bucketSteps, points: isTraining ? smooth(points, Number(this.smoothing.value)) : points,
    };
  }

  // One job: a colour for each split. Several: one for each job, paler where it is training.
  #color(split, i, several) {
    const colors = palette();
    if (!several) return colors[["train", "validation", "test"].indexOf(split)] ?? colors[3];
    return colors[i % colors.length] + (split === "train" ? "90" : "");
  }

  #chart(name) {
    if (!this.#charts.has(name)) {
      const chart = new Chart(titles.get(name) ?? name.replaceAll("_", " "));
      this.#charts.set(name, chart);
      const sorted = [...this.#charts.keys()].sort((a, b) => rank(a) - rank(b));
      const after = this.#charts.get(sorted[sorted.indexOf(name) + 1]);
      this.grid.insertBefore(chart.element, after?.element ?? null);
    }
    return this.#charts.get(name);
  }

  #select(title, key, options, fallback) {
    const chosen = stored(key, fallback);
    const select = make("select", {}, ...options.map(([value, text]) =>
      make("option", {value, selected: value === chosen}, text)));
    select.addEventListener("change", () => {
      localStorage.setItem(`descent-${key}`, select.value);
      this.draw();
    });
    return {label: make("label", {}, `${title} `, select), get value() { return select.value; }};
  }

  #range() {
    const range = make("input", {type: "range", min: 0, max: 0.99, step: 0.01,
      value: stored("smoothing", "0")});
    range.addEventListener("input", () => {
      localStorage.setItem("descent-smoothing", range.value);
      this.draw();
    });
    return {label: make("label", {}, "smoothing ", range), get value() { return range.value; }};
  }
}
