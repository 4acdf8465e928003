#include <array>

#include "client/commands/manual.h"

namespace descent {
namespace {

constexpr std::array kPages = {
    ManualPage{
        "",
        R"(JOB is a job's name, as descent ls shows it. What was asked for goes to stdout, all talk to stderr.
No colour and no animation where NO_COLOR is set or the output is no terminal. Defaults of --server,
--tls-ca, --tls-cert, --tls-key and --token-file may stand in ~/.config/descent/config.yaml, each as
a line such as "server: host:9090"; the environment comes before it, and a flag before both.)",
        R"(descent doctor
descent job init mlp -o job.yaml
descent run job.yaml --workers 2)",
        "help exit-codes, completion"},
    ManualPage{
        "attempts",
        R"(Also the first rank that failed, and its last phase; the JSON has that rank's last 200 lines. FROM
is the checkpoint that the attempt started from.)",
        R"(descent attempts JOB
descent attempts JOB OTHER
descent attempts JOB -o json)",
        "events, describe, logs"},
    ManualPage{
        "cancel",
        R"(Ends jobs now, whatever their state. Their checkpoints stay. Several jobs are cancelled together, or
one by one where one of them cannot be. A filter is that of descent ls; jobs at their end are left.)",
        R"(descent cancel JOB
descent cancel --filter 'labels.team = nlp')",
        "stop, suspend, delete"},
    ManualPage{
        "checkpoint",
        R"(A checkpoint is the state of a job after some step; JOB/latest and JOB/best name two of them.)",
        R"(descent checkpoint ls JOB)", "generate, predict, fork"},
    ManualPage{
        "checkpoint delete",
        R"(One that a job needs stays: the newest of a job that goes on, one that a job is about to start
from, and what is pinned.)",
        R"(descent checkpoint delete JOB/1200)", "checkpoint ls, checkpoint unpin, delete"},
    ManualPage{
        "checkpoint export",
        R"(What is written appears once it is whole. safetensors has PyTorch's names and shapes; huggingface,
for GPT2LMHeadModel, and onnx are made by the worker program beside the coordinator.)",
        R"(descent checkpoint export JOB/best -o model.safetensors
descent checkpoint export JOB/best --format onnx -o model.onnx
descent checkpoint export JOB/latest --format huggingface -o gpt2)",
        "checkpoint ls, predict, generate"},
    ManualPage{"checkpoint get", R"(Where it is, what it holds, and why it is kept.)",
               R"(descent checkpoint get JOB/latest
descent checkpoint get JOB/best -o json)",
               "checkpoint ls, checkpoint verify"},
    ManualPage{
        "checkpoint ls",
        R"(With the values of the evaluation after the same step, and which one is latest or best.)",
        R"(descent checkpoint ls JOB
descent checkpoint ls JOB -o name)",
        "checkpoint export, fork"},
    ManualPage{
        "checkpoint now",
        R"(All ranks save after the same step. The bits of the job are those of one that was not asked.)",
        R"(descent checkpoint now JOB
descent checkpoint now JOB --wait)",
        "checkpoint ls, suspend, stop"},
    ManualPage{"checkpoint pin",
               R"(What is pinned stays, however many newer ones there are, until it is unpinned.)",
               R"(descent checkpoint pin JOB/best)", "checkpoint unpin, checkpoint ls"},
    ManualPage{"checkpoint unpin", R"(It is then kept as long as any other.)",
               R"(descent checkpoint unpin JOB/1200)", "checkpoint pin, checkpoint ls"},
    ManualPage{
        "checkpoint verify",
        R"(Reads every byte where the coordinator sees it, and compares it with the manifest.)",
        R"(descent checkpoint verify JOB/latest)", "checkpoint get, checkpoint export"},
    ManualPage{"completion", R"(The script goes into the start file of the shell.)",
               "eval \"$(descent completion bash)\"", "help"},
    ManualPage{"completion bash", R"(Commands, their options and the names of jobs.)",
               "eval \"$(descent completion bash)\"", "completion zsh, completion fish"},
    ManualPage{"completion fish", R"(Commands, their options and the names of jobs.)",
               R"(descent completion fish | source)", "completion bash, completion zsh"},
    ManualPage{"completion zsh", R"(Commands, their options and the names of jobs.)",
               "eval \"$(descent completion zsh)\"", "completion bash, completion fish"},
    ManualPage{"dashboard", R"(The page is the coordinator's own; a browser needs nothing else.)",
               "descent dashboard", "server status, watch"},
    ManualPage{"data", R"(Works on files of this machine, without a coordinator.)",
               R"(descent data inspect examples/data/houses.csv)", "explain"},
    ManualPage{
        "data inspect",
        R"(Of a file: its shape and its columns. Of a job file: every split as the model would get it.)",
        R"(descent data inspect examples/data/houses.csv
descent data inspect --job job.yaml)",
        "explain, submit"},
    ManualPage{
        "data tokenize", R"(Encodes texts once and for all, so that a job begins at once.)",
        R"(descent data tokenize 'texts/*.txt' --tokenizer gpt2 --vocab vocab.json --merges merges.txt -o train.bin)",
        "data inspect, generate"},
    ManualPage{
        "delete",
        R"(Refuses a job that goes on: cancel it first. What is deleted does not come back, so on a terminal
it is asked about, unless with --yes or --no-input.)",
        R"(descent delete JOB
descent delete JOB OTHER --yes
descent delete JOB --keep-checkpoints)",
        "cancel, checkpoint export"},
    ManualPage{
        "describe",
        R"(State, progress, metrics, checkpoints, attempts and the newest ten events, and why it failed. Of
several jobs -o json is a list.)",
        R"(descent describe JOB
descent describe JOB OTHER
descent describe JOB -o yaml)",
        "events, logs, watch"},
    ManualPage{
        "doctor",
        R"(Looks at mpirun, shared memory, the state directory, ports, the coordinator, the processor and
memory, and says of each OK, WARN or FAIL and what to do. Needs no rights. Exits with 1 on a FAIL.)",
        R"(descent doctor
descent doctor --state-dir /var/lib/descent -o json)",
        "run, whoami"},
    ManualPage{
        "events",
        R"(With the reasons of all changes of its state, and who made them, the oldest first.)",
        R"(descent events JOB
descent events JOB OTHER -o jsonl)",
        "describe, logs"},
    ManualPage{"explain",
               R"(Compiles the job for its data, without training: needs no coordinator.)",
               R"(descent explain job.yaml --workers 2
descent explain job.yaml --set model.mlp.hidden_sizes=[64] --steps)",
               "run, data inspect"},
    ManualPage{
        "fork",
        R"(The new job begins with the weights, the optimizer and the place in the data of the checkpoint.)",
        R"(descent fork JOB --from best --set optimizer.adamw.lr=1e-5)", "submit, checkpoint ls"},
    ManualPage{
        "generate",
        R"(Of a job that trained a gpt. The checkpoint is found by a coordinator or given as a directory.)",
        R"(descent generate JOB/best --prompt "This program is")", "predict, checkpoint ls"},
    ManualPage{"help", R"(Every command has --help.)", R"(descent help exit-codes
descent submit --help)",
               "version, completion"},
    ManualPage{"help exit-codes", R"(They are the same for all commands, and stay what they are.)",
               R"(descent help exit-codes)", "wait"},
    ManualPage{"job", R"(Job files are YAML: examples to begin with, and the schema for editors.)",
               R"(descent job init gpt -o job.yaml)", "submit, run, explain"},
    ManualPage{
        "job init",
        R"(mlp, cnn and resnet learn Fashion-MNIST, gpt the licences that every Debian has, table the prices
of houses, and quickstart a spiral that is computed. A file that is there is never overwritten.)",
        R"(descent job init
descent job init gpt -o job.yaml)",
        "job schema, run, submit"},
    ManualPage{
        "job replay",
        R"(Computes from the newest checkpoint before the step on, with the worker program of this machine,
which must see the job's data and checkpoints. Compares loss, gradient norm and, where they were
recorded, digests. Exits with 0 if all are equal and with 1 if not: then it is hardware, since a
step has the same bits wherever the same program computes it from the same data.)",
        R"(descent job replay JOB --step 1200
descent job replay JOB --step 1200 -o json)",
        "metrics query, attempts, checkpoint verify"},
    ManualPage{
        "job schema",
        R"(JSON Schema, draft 2020-12. An editor with a YAML language server takes it from the first line of
a job file: "# yaml-language-server: $schema=job.schema.json".)",
        R"(descent job schema > job.schema.json)", "job init, explain"},
    ManualPage{
        "logs",
        R"(Also what a rank wrote to stdout and stderr. Filters are combined. With --follow it goes on
through a restart of the coordinator. Of several jobs each line begins with the name of its job.)",
        R"(descent logs JOB --tail 50
descent logs JOB OTHER -f
descent logs JOB -f --rank 2,3 --severity warning
descent logs JOB --source stdout,stderr)",
        "events, watch"},
    ManualPage{
        "ls",
        R"(The newest hundred, unless told otherwise. A filter is terms FIELD OPERATOR VALUE, joined by AND;
FIELD:* holds where there is a value.
  state                                 = !=               RUNNING
  name, owner, labels.KEY               = != < <= > >= :   : finds a part of a name or an owner
  priority, latest_metrics.NAME         = != < <= > >=
  create_time, start_time, end_time     = != < <= > >=     2026-01-31 or 2026-01-31T12:00:00Z
The same fields sort, each upwards unless it ends with desc.)",
        R"(descent ls
descent ls -o wide
descent ls --state RUNNING --state QUEUED -o json
descent ls --filter 'labels.team = nlp AND create_time > 2026-01-31'
descent ls --filter 'latest_metrics.validation/loss:*' --sort latest_metrics.validation/loss --limit 5
descent ls --filter 'state = QUEUED AND priority >= 50' --sort 'priority desc, create_time')",
        "describe, update, watch"},
    ManualPage{"metrics", R"(train/loss, validation/accuracy and whatever else a job measures.)",
               R"(descent metrics ls JOB)", "describe, watch"},
    ManualPage{
        "metrics compare",
        R"(The fields of the job files that differ, and for each metric the last and the best value.)",
        R"(descent metrics compare JOB OTHER --metric validation/loss)", "metrics query"},
    ManualPage{"metrics export", R"(Every point, as it was recorded.)",
               R"(descent metrics export JOB --format csv -o metrics.csv)", "metrics query"},
    ManualPage{"metrics ls", R"(A line for each metric.)", R"(descent metrics ls JOB)",
               "metrics query, metrics plot"},
    ManualPage{"metrics plot", R"(As wide as the terminal.)",
               R"(descent metrics plot JOB --metric train/loss)", "metrics query"},
    ManualPage{
        "metrics query",
        R"(Step and value, a line for each. Means also tell the lowest and the highest of their values.)",
        R"(descent metrics query JOB --metric train/loss --first-step 1000
descent metrics query JOB OTHER --metric train/loss --x-axis samples
descent metrics query JOB -f)",
        "metrics export, metrics plot"},
    ManualPage{
        "plan",
        R"(Predicts the step of a job on many workers: what this machine computes is measured, as for explain,
and what its gradients take over a network is added by the alpha-beta model, from the messages and
bytes that the program would send. Needs no coordinator and no network.)",
        R"(descent plan job.yaml --workers 8..4096 --network 25Gbit,10us
descent plan job.yaml --network 100Gbit,2us --ranks-per-host 8 --weak
descent plan job.yaml --workers 1,2,4 --network 10Gbit,20us -o json)",
        "explain, run"},
    ManualPage{"pool",
               R"(A pool is the workers of one mpirun: the ranks that a job can have together.)",
               R"(descent pool ls)", "worker, launch"},
    ManualPage{"pool describe", R"(Its workers, what each does, and for which job.)",
               R"(descent pool describe POOL)", "pool ls, worker ls"},
    ManualPage{"pool ls", R"(How many workers each has, and how many of them are free.)",
               R"(descent pool ls
descent pool ls -o json)",
               "pool describe, worker ls"},
    ManualPage{
        "predict", R"(The checkpoint is found by a coordinator or given as a directory.)",
        R"(descent predict JOB/best --data /usr/share/datasets/fashion-mnist/t10k --output predictions.csv)",
        "generate, checkpoint ls"},
    ManualPage{
        "quickstart",
        R"(Starts a coordinator, workers and a small job whose samples are computed, says what to look at and
what to break, and goes on until Ctrl-C. The coordinator is where all commands look for it, unless
--server names another address of this machine; port 0 is any that is free. A job that Ctrl-C has
left unfinished goes on with the next quickstart.)",
        R"(descent quickstart
descent quickstart job.yaml --workers 4 --set epochs=3
descent quickstart --server 127.0.0.1:0)",
        "run, submit, doctor"},
    ManualPage{
        "resume",
        R"(Of suspended jobs, which go on from where they stopped, on any number of workers.)",
        R"(descent resume JOB)", "suspend, watch"},
    ManualPage{
        "run",
        R"(Starts a coordinator and workers, submits the job, follows it and ends with it. Ctrl-C cancels the
job; its last checkpoint stays.)",
        R"(descent run job.yaml --workers 2
descent run job.yaml --set optimizer.adamw.lr=3e-3 --profile trace.json
descent run --resume JOB/latest --workers 3)",
        "submit, explain, doctor"},
    ManualPage{"server", R"(What the coordinator is and does, and a copy of what it knows.)",
               R"(descent server status)", "doctor, pool, worker"},
    ManualPage{
        "server audit",
        R"(Cordons and drains of workers, tokens that were made or revoked, jobs that were deleted.)",
        R"(descent server audit
descent server audit --limit 1000 -o json)",
        "server status, token ls, worker ls"},
    ManualPage{"server backup",
               R"(A copy of jobs, events, tokens and metrics, made while the coordinator goes on.)",
               R"(descent server backup
descent server backup before-upgrade)",
               "server info"},
    ManualPage{"server info", R"(Its version, its directories and its addresses.)",
               R"(descent server info -o json)", "server status, version"},
    ManualPage{"server status", R"(Whether it answers, its jobs by state and its pools.)",
               R"(descent server status)", "server info, ls"},
    ManualPage{
        "stop",
        R"(The job SUCCEEDS with the state that it has, evaluated on its test set if it was running.)",
        R"(descent stop JOB)", "cancel, suspend"},
    ManualPage{
        "submit",
        R"(Prints the name of the job. It waits in the queue until a pool has workers for it. --dry-run creates
nothing, and where the data are on this machine it checks them and says what memory they take.)",
        R"(descent submit job.yaml
descent submit job.yaml --set epochs=3 --priority 80 --follow --timeout 2h
descent submit job.yaml --label team=nlp --label stage=dev
descent submit job.yaml --suspended
descent job init mlp | descent submit - --dry-run)",
        "wait, watch, run"},
    ManualPage{"suspend", R"(The workers save the state, and take the next job.)",
               R"(descent suspend JOB)", "resume, stop"},
    ManualPage{"token",
               R"(Tokens say who calls a coordinator that is reached by TLS, and what they may.)",
               R"(descent token create --name alice --role user)", "whoami"},
    ManualPage{"token create", R"(The secret is shown once; the coordinator keeps its hash alone.)",
               R"(descent token create --name alice --role user --days 30 --out alice.token)",
               "token ls, token revoke"},
    ManualPage{"token ls", R"(With role, owner and how long they are valid.)",
               R"(descent token ls)", "token revoke"},
    ManualPage{"token revoke", R"(Calls with them are refused from now on.)",
               R"(descent token revoke 4f1c)", "token ls"},
    ManualPage{"update", R"(Everything else of a job is what it was created with.)",
               R"(descent update JOB OTHER --priority 80
descent update JOB --preemptible true
descent update JOB --label team=nlp --label stage-
descent update JOB --deadline 3h --retention-days 30)",
               "describe, ls"},
    ManualPage{"version", R"(A coordinator says its own in descent doctor.)", R"(descent version
descent version -o json)",
               "doctor"},
    ManualPage{
        "wait",
        R"(Exits with 0 once all have SUCCEEDED, otherwise with the worst: 3 FAILED, 8 CANCELLED, 124 the time
is up. It goes on through a restart of the coordinator. A suspended job is waited for.)",
        R"(descent wait JOB --timeout 10m
descent wait JOB OTHER --for terminal)",
        "watch, help exit-codes"},
    ManualPage{
        "watch",
        R"(It goes on through a restart of the coordinator, and exits with the job's outcome. A terminal shows
progress, metrics with their best values, the newest checkpoint and the slowest rank, redrawn in
place; elsewhere each change is a line. The key q and Ctrl-C detach: 130, and the job goes on.)",
        R"(descent watch JOB
descent watch JOB --timeout 10m)",
        "wait, logs, metrics plot"},
    ManualPage{"whoami", R"(By the token that this program sends, and what its role permits.)",
               R"(descent whoami --server host:9090 --tls-ca ca.pem --token-file alice.token)",
               "token create"},
    ManualPage{
        "worker",
        R"(A worker is one rank of a pool. What keeps it from jobs asks for the role admin.)",
        R"(descent worker ls)", "pool, launch"},
    ManualPage{"worker cordon", R"(It gets no new job; what runs on it goes on.)",
               R"(descent worker cordon node-a/0)", "worker uncordon, worker drain"},
    ManualPage{
        "worker drain",
        R"(Its job saves its state, goes back into the queue and starts again on other workers. That
uses up no restart. With --wait the command ends once the workers have no job.)",
        R"(descent worker drain node-a/0
descent worker drain node-a/0 node-a/1 --wait --timeout 10m)",
        "worker cordon, worker uncordon"},
    ManualPage{
        "worker ls",
        R"(Their states, jobs, phases, steps and heartbeats, the part of its job's threads that each keeps
busy, its memory and that of its host.)",
        R"(descent worker ls
descent worker ls -o name)",
        "pool ls, worker drain"},
    ManualPage{"worker uncordon", R"(It gets jobs again.)", R"(descent worker uncordon node-a/0)",
               "worker cordon, worker ls"},
};

}  // namespace

std::span<const ManualPage> ManualPages() { return kPages; }

}  // namespace descent
