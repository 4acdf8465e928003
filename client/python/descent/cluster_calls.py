"""The coordinator itself, its pools and its workers."""

from __future__ import annotations

from typing import Iterator

from descent.calls import PAGE, Calls
from descent.connection import translated
from descent.v1 import service_pb2 as pb

_BACKUP_SECONDS = 3600


class ClusterCalls(Calls):
    """The part of Client that is about the cluster."""

    def cluster(self) -> pb.ClusterStatus:
        return self._call(self._cluster.GetClusterStatus, pb.GetClusterStatusRequest())

    def server_info(self) -> pb.ServerInfo:
        return self._call(self._cluster.GetServerInfo, pb.GetServerInfoRequest())

    def pools(self) -> list[pb.Pool]:
        """By name, each with its workers."""
        return [pool for page in self._pages(self._cluster.ListPools, pb.ListPoolsRequest())
                for pool in page.pools]

    def workers(self) -> list[pb.Worker]:
        """By pool and world rank."""
        return [worker for page in self._pages(self._cluster.ListWorkers,
                                               pb.ListWorkersRequest(page_size=PAGE))
                for worker in page.workers]

    def cordon(self, worker: str) -> pb.Worker:
        """`worker` is the name of one in `workers`. It gets no new job; what runs on it goes on."""
        return self._call(self._cluster.CordonWorker, pb.CordonWorkerRequest(name=worker))

    def uncordon(self, worker: str) -> pb.Worker:
        return self._call(self._cluster.UncordonWorker, pb.UncordonWorkerRequest(name=worker))

    def drain(self, worker: str) -> pb.Worker:
        """Cordons it, and moves the job that runs on it to others."""
        return self._call(self._cluster.DrainWorker, pb.DrainWorkerRequest(name=worker))

    def audit_events(self) -> Iterator[pb.AuditEvent]:
        """Who changed workers and tokens and deleted jobs, newest first; for admins."""
        for page in self._pages(self._cluster.ListAuditEvents,
                                pb.ListAuditEventsRequest(page_size=PAGE)):
            yield from page.events

    def back_up(self, name: str = "") -> pb.StateBackup:
        """Copies what the coordinator knows into a directory on its machine."""
        with translated():
            return self._cluster.BackupState(pb.BackupStateRequest(name=name),
                                             timeout=_BACKUP_SECONDS)
