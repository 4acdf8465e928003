// A line of a job's log, as an element.

import {make} from "./dom.js";
import {fineClock, moment} from "./text.js";

const outputs = {LOG_SOURCE_STDOUT: "stdout: ", LOG_SOURCE_STDERR: "stderr: "};
const severities = {DEBUG: "DEBUG", INFO: "INFO ", WARNING: "WARN ", ERROR: "ERROR"};

// What stands between the parts is text, so that it is copied with them.
export function logRow({time, severity, attempt, rank, step, text, source}) {
  const level = severity.replace(/^LOG_SEVERITY_/, "");
  return make("div", {class: `line ${level}`},
    make("span", {title: moment(time)}, fineClock(time)), " ",
    make("span", {title: `rank ${rank}, attempt ${attempt}`}, `r${rank}`.padEnd(3)), " ",
    make("span", {class: "severity"}, severities[level] ?? level), " ",
    step === undefined ? null : make("span", {}, `step ${step} `),
    source in outputs ? make("span", {}, outputs[source]) : null,
    make("span", {class: "text"}, text));
}
