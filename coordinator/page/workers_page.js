// The pools and their workers, as of their last heartbeats.

import {card, make, show, table} from "./dom.js";
import {badge, jobLink} from "./job_parts.js";
import {integer, none, percent, size} from "./text.js";
import {Watch} from "./watch.js";

const columns = [{title: "Worker"}, {title: "State"}, {title: "Process"}, {title: "Slot"},
  {title: "Instructions"}, {title: "Job"}, {title: "Phase"}, {title: "Step", number: true},
  {title: "CPU", number: true}, {title: "Memory", number: true}, {title: "Heartbeat", number: true}];

// Of its process, and of its whole host.
const memory = ({residentBytes, hostMemoryBytes}) =>
  (hostMemoryBytes > 0 ? `${size(residentBytes)} / ${size(hostMemoryBytes)}` : none);

function row(worker) {
  return [`${worker.host}/${worker.worldRank}`, badge(worker.state), String(worker.pid),
    worker.slot, worker.instructionSet, worker.job ? jobLink(worker.job) : "idle",
    worker.phase || none, worker.job ? integer(worker.step) : none,
    worker.cpuUtilization === undefined ? none : percent(worker.cpuUtilization), memory(worker),
    `${worker.lastHeartbeatAgeSeconds.toFixed(1)} s`];
}

function poolCard(pool) {
  const state = pool.ready ? `${pool.free} of ${pool.worldSize} free`
    : `${pool.workers.length} of ${pool.worldSize} have joined`;
  return card(`Pool ${pool.name}`, make("p", {class: "quiet"}, state),
    table(`Workers of pool ${pool.name}`, columns, pool.workers.map(row), ""));
}

export class WorkersPage {
  constructor(main, connection) {
    const pools = make("div", {});
    document.title = "Workers – Descent";
    main.append(make("h1", {}, "Workers"), pools);
    this.watch = new Watch(["status"], "", {
      status: (status) => {
        connection.onStatus(status);
        show(pools, ...(status.pools.length > 0 ? status.pools.map(poolCard) : [noneYet()]));
      },
    }, (state, error) => connection.onState(state, error));
  }

  close() { this.watch.close(); }
}

function noneYet() {
  return make("p", {class: "empty"}, "No worker is connected. Start some with ",
    make("code", {}, "descent-launch -n 2"), ".");
}
