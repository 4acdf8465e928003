# The pure core: events in, actions out.
descent_library(coordinator_core
  SOURCES attempt.cc cordons.cc excerpt.cc grant_planner.cc job.cc job_labels.cc membership.cc
  progress.cc retention.cc scheduler.cc stall.cc standing.cc state.cc job_conditions.cc
          state_attempts.cc state_checkpoints.cc state_commands.cc state_cordons.cc state_deadlines.cc
          state_divergence.cc
          state_expiry.cc state_own_pools.cc state_queue.cc state_reattach.cc state_resizing.cc state_workers.cc state_worlds.cc world_ends.cc
  DEPS common)
