// The points of a job's metrics: downsampled by the coordinator at first, then as they come.

import {ask} from "./api.js";

const pointsMax = 600;
const liveMax = 600;  // points that came one by one, of one metric, before the curve is loaded anew

export class Curves {
  #name;
  #live = 0;
  #isLoading = false;
  series = new Map();  // by metric: {bucketSteps, points: [{step, value, low, high, time}]}

  constructor(jobName) { this.#name = jobName; }

  async load() {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      const answer = await ask(`v1/${this.#name}/metrics?max_points=${pointsMax}`);
      this.#live = 0;
      const before = this.series;
      this.series = new Map(answer.series.map(({name, points, bucketSteps}) =>
        [name, {bucketSteps: Number(bucketSteps), points: points.map(plain)}]));
      for (const [name, {points}] of before) this.#append(name, points);  // that came meanwhile
    } finally {
      this.#isLoading = false;
    }
  }

  // Where the stream of new points begins.
  get cursor() {
    const steps = [...this.series.values()].map(({points}) => points.at(-1)?.step ?? 0);
    return Math.max(0, ...steps);
  }

  // Adds what is later than what is there: a stream that was resumed repeats some points.
  add(series) {
    for (const {name, points} of series) this.#append(name, points.map(plain));
    this.#live += Math.max(0, ...series.map(({points}) => points.length));
    if (this.#live > liveMax) this.load().catch(() => {});  // the stream says when nobody answers
  }

  #append(name, points) {
    if (!this.series.has(name)) this.series.set(name, {bucketSteps: 1, points: []});
    const known = this.series.get(name).points;
    const last = known.at(-1)?.step ?? -1;
    known.push(...points.filter(({step}) => step > last));
  }
}

// Values that JSON has no numbers for arrive as "NaN" and "Infinity". A point that is no mean has
// neither min nor max.
const plain = ({step, value, min, max, time}) =>
  ({step: Number(step), value: Number(value), low: Number(min), high: Number(max), time});
