"""What an MPIJob of kubeflow.org/v2beta1 may say, as far as its own fields go; its pods are those of
Kubernetes."""


def exactly(properties, required=()):
    """An object of these fields and no others."""
    return {"type": "object", "properties": properties, "required": list(required),
            "additionalProperties": False}


def count(minimum):
    return {"type": "integer", "minimum": minimum}


BOOLEAN = {"type": "boolean"}
TEXT = {"type": "string"}


def mpijob_schema(pod_template, object_meta):
    """The schema, given those of a pod's template and of metadata."""
    replica = exactly({"replicas": count(1), "restartPolicy": {"enum": ["Never", "OnFailure"]},
                       "template": pod_template}, ["template"])
    launcher = exactly(dict(replica["properties"], replicas={"const": 1}), ["template"])
    scheduling = exactly({"minAvailable": count(0), "queue": TEXT, "priorityClass": TEXT,
                          "minResources": {"type": "object"},
                          "scheduleTimeoutSeconds": count(0)})
    policy = exactly({
        "cleanPodPolicy": {"enum": ["None", "Running", "All"]},
        "ttlSecondsAfterFinished": count(0),
        "activeDeadlineSeconds": count(0),
        "backoffLimit": count(0),
        "schedulingPolicy": scheduling,
        "suspend": BOOLEAN,
        "managedBy": {"enum": ["kubeflow.org/mpi-operator", "kueue.x-k8s.io/multikueue"]}})
    spec = exactly({
        "slotsPerWorker": count(1),
        "runLauncherAsWorker": BOOLEAN,
        "runPolicy": policy,
        "mpiReplicaSpecs": exactly({"Launcher": launcher, "Worker": replica}, ["Launcher"]),
        "sshAuthMountPath": TEXT,
        "launcherCreationPolicy": {"enum": ["AtStartup", "WaitForWorkersReady"]},
        "mpiImplementation": {"enum": ["OpenMPI", "Intel", "MPICH"]}}, ["mpiReplicaSpecs"])
    return exactly({"apiVersion": {"const": "kubeflow.org/v2beta1"}, "kind": {"const": "MPIJob"},
                    "metadata": object_meta, "spec": spec}, ["apiVersion", "kind", "spec"])
