# Sourced by the batch scripts: serves one job of a coordinator with all tasks of the allocation.

# serve_job JOB HOST:PORT [OPTION of descent-launch]…: returns what `descent-launch --job` ends with.
serve_job() {
  local code=0
  descent-launch -n "$SLURM_NTASKS" --job "$1" --coordinator "$2" "${@:3}" &
  launcher=$!
  # Slurm tells this shell alone (--signal=B:TERM@120, scancel --batch); the ranks then save the job.
  told=0
  trap 'told=1; kill -TERM "$launcher" 2>/dev/null' TERM
  wait "$launcher" || code=$?
  if [ "$told" = 1 ]; then  # the signal ended the wait, or came just before the launcher's end
    code=0
    wait "$launcher" || code=$?
  fi
  return "$code"
}

# end_with CODE: leaves, and asks Slurm for another turn if the job goes on later.
end_with() {
  # It kills this script at once, with the requeued job as what is left of it.
  [ "$1" -ne 75 ] || scontrol requeue "$SLURM_JOB_ID"
  exit "$1"
}
