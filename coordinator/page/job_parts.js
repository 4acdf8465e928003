// How jobs look, wherever they are shown.

import {make} from "./dom.js";
import {duration, integer, isOver, none, percent, stateOf} from "./text.js";

export function badge(state) { return make("span", {class: `state ${state}`}, state); }

export function bar(job) {
  const {step, lastStep, fraction} = job.progress;
  const of = Number(lastStep) > 0 ? ` / ${integer(lastStep)}` : "";
  return make("span", {class: "progress"},
    make("progress", {class: stateOf(job), max: 1, value: Math.min(1, fraction),
      "aria-label": `${percent(fraction)} done`}),
    make("span", {class: "quiet"}, `${integer(step)}${of}`));
}

export function remaining(job) {
  const seconds = job.progress.estimatedRemainingSeconds;
  return stateOf(job) === "RUNNING" && seconds > 0 ? duration(seconds) : none;
}

// How long it has run, or ran.
export function runtime(job, now) {
  if (!job.startTime) return none;
  return duration((isOver(job) && job.endTime ? job.endTime : now) - job.startTime);
}

export function jobLink(name) {
  const id = name.replace(/^jobs\//, "");
  return make("a", {href: `#/jobs/${id}`}, id);
}

// Why it is in its state, or waits.
export function why(job) {
  if (job.queueStatus?.message) return `#${job.queueStatus.position}: ${job.queueStatus.message}`;
  return [job.stateReason, job.stateMessage].filter(Boolean).join(": ");
}
